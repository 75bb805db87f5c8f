// Standard input that does not outlast a signal.
#pragma once

#include <array>
#include <streambuf>

namespace marquee {

// Throws Interrupted from a read that waits when a signal asks the program to end; std::cin would
// go on waiting for a line. Says what is at hand (in_avail).
class InterruptibleInput : public std::streambuf {
 protected:
  int_type underflow() override;
  std::streamsize showmanyc() override;

 private:
  std::array<char, 1 << 16> buffer_;
};

}  // namespace marquee
