#include "cli/request_lines.h"

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iostream>

#include "cli/commands.h"
#include "core/error.h"
#include "core/interruptible_input.h"
#include "core/log.h"
#include "core/text.h"

namespace marquee::cli {

void answer_lines(const std::string& requests, const inference::Runner& runner,
                  inference::Runner::Task task) {
  inference::Runner::Counts counts;
  if (requests == "-") {
    InterruptibleInput input;
    std::istream lines(&input);
    counts = runner.run(lines, std::cout, task);
  } else {
    std::ifstream file(requests, std::ios::binary);
    if (!file) throw Error(cat("--requests ", requests, ": ", std::strerror(errno)));
    if (std::filesystem::is_directory(requests)) {
      throw Error(cat("--requests ", requests, " is a directory, not a file of JSON lines"));
    }
    counts = runner.run(file, std::cout, task);
  }
  std::cout.flush();
  if (!std::cout) throw system_error("stdout could not be written");
  log::info(
      cat("answered ", grouped(counts.answered), " requests, ", grouped(counts.failed), " failed"));
  if (counts.failed > 0) throw Exit{2};
}

}  // namespace marquee::cli
