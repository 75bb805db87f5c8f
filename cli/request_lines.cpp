#include "cli/request_lines.h"

#include <fstream>
#include <iostream>

#include "cli/commands.h"
#include "core/error.h"
#include "core/log.h"
#include "core/text.h"

namespace marquee::cli {

void answer_lines(const std::string& requests, const inference::Runner& runner,
                  inference::Runner::Task task) {
  inference::Runner::Counts counts;
  if (requests == "-") {
    counts = runner.run(std::cin, std::cout, task);
  } else {
    std::ifstream file(requests, std::ios::binary);
    if (!file) throw Error(cat("--requests ", requests, ": there is no such file"));
    counts = runner.run(file, std::cout, task);
  }
  std::cout.flush();
  if (!std::cout) throw system_error("stdout could not be written");
  log::info(
      cat("answered ", grouped(counts.answered), " requests, ", grouped(counts.failed), " failed"));
  if (counts.failed > 0) throw Exit{2};
}

}  // namespace marquee::cli
