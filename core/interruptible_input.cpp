#include "core/interruptible_input.h"

#include <poll.h>
#include <unistd.h>

#include <cerrno>

#include "core/error.h"
#include "core/interrupt.h"

namespace marquee {

namespace {

constexpr int kPollMilliseconds = 100;

bool ready(int milliseconds) {
  pollfd waiting{STDIN_FILENO, POLLIN, 0};
  return poll(&waiting, 1, milliseconds) > 0;
}

}  // namespace

InterruptibleInput::int_type InterruptibleInput::underflow() {
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

std::streamsize InterruptibleInput::showmanyc() { return ready(0) ? 1 : 0; }

}  // namespace marquee
