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
#include "inference/answer_parquet.h"

namespace marquee::cli {

namespace {

// run: answers what it reads.
template <typename Run>
void answer(const std::string& requests, const Run& run) {
  inference::Runner::Counts counts;
  if (requests == "-") {
    InterruptibleInput input;
    std::istream lines(&input);
    counts = run(lines);
  } else {
    std::ifstream file(requests, std::ios::binary);
    if (!file) throw Error(cat("--requests ", requests, ": ", std::strerror(errno)));
    if (std::filesystem::is_directory(requests)) {
      throw Error(cat("--requests ", requests, " is a directory, not a file of JSON lines"));
    }
    counts = run(file);
  }
  log::info(
      cat("answered ", grouped(counts.answered), " requests, ", grouped(counts.failed), " failed"));
  if (counts.failed > 0) throw Exit{2};
}

}  // namespace

void answer_lines(const std::string& requests, const inference::Runner& runner,
                  inference::Runner::Task task) {
  answer(requests, [&](std::istream& lines) {
    const auto counts = runner.run(lines, std::cout, task);
    std::cout.flush();
    if (!std::cout) throw system_error("stdout could not be written");
    return counts;
  });
}

void answer_lines(const std::string& requests, const inference::Runner& runner,
                  const std::filesystem::path& parquet) {
  answer(requests, [&](std::istream& lines) {
    inference::AnswerParquet output(parquet);
    const auto counts = runner.run(lines, [&](auto answered) { output.add(answered); });
    output.close();
    log::info(cat("wrote ", parquet.string()));
    return counts;
  });
}

}  // namespace marquee::cli
