#include "cli/request_lines.h"

#include <poll.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <streambuf>

#include "cli/commands.h"
#include "core/error.h"
#include "core/interrupt.h"
#include "core/log.h"
#include "core/text.h"

namespace marquee::cli {

namespace {

// Standard input that stops waiting on an interrupt; std::cin would keep waiting for a line.
class InterruptibleInput : public std::streambuf {
 protected:
  int_type underflow() override {
    while (!ready(kPollMilliseconds)) throw_if_interrupted();
    ssize_t size;
    while ((size = read(STDIN_FILENO, buffer_.data(), buffer_.size())) < 0) {
      if (errno != EINTR) throw errno_error("cannot read stdin");
      throw_if_interrupted();
    }
    if (size == 0) return traits_type::eof();
    setg(buffer_.data(), buffer_.data(), buffer_.data() + size);
    return traits_type::to_int_type(buffer_[0]);
  }

  std::streamsize showmanyc() override { return ready(0) ? 1 : 0; }

 private:
  static constexpr int kPollMilliseconds = 100;

  static bool ready(int milliseconds) {
    pollfd waiting{STDIN_FILENO, POLLIN, 0};
    return poll(&waiting, 1, milliseconds) > 0;
  }

  std::array<char, 1 << 16> buffer_;
};

}  // namespace

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
