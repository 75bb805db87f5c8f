#include "core/interrupt.h"

#include <csignal>

namespace marquee {

namespace {
volatile std::sig_atomic_t flag = 0;

void handle(int signal) {
  flag = 1;
  std::signal(signal, SIG_DFL);
}
}  // namespace

void install_interrupt_handlers() {
  std::signal(SIGINT, handle);
  std::signal(SIGTERM, handle);
}

bool interrupted() { return flag != 0; }
void set_interrupted(bool value) { flag = value ? 1 : 0; }

void throw_if_interrupted() {
  if (interrupted()) throw Interrupted();
}

}  // namespace marquee
