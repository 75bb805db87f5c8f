#include "core/interrupt.h"

#include <csignal>

namespace marquee {

namespace {
volatile std::sig_atomic_t flag = 0;

void handle(int signal) {
  flag = 1;
  std::signal(signal, SIG_DFL);
}
volatile std::sig_atomic_t reload = 0;

void ask_for_reload(int) { reload = 1; }
}  // namespace

void install_interrupt_handlers() {
  std::signal(SIGINT, handle);
  std::signal(SIGTERM, handle);
}

bool interrupted() { return flag != 0; }
void set_interrupted(bool value) { flag = value ? 1 : 0; }

void install_reload_handler() { std::signal(SIGHUP, ask_for_reload); }

bool take_reload_request() {
  const bool asked = reload != 0;
  reload = 0;
  return asked;
}

void throw_if_interrupted() {
  if (interrupted()) throw Interrupted();
}

}  // namespace marquee
