#include "core/interrupt.h"

#include <atomic>
#include <csignal>

namespace marquee {

namespace {
// Set by signal handlers and by threads.
std::atomic<bool> flag = false;
std::atomic<bool> reload = false;
static_assert(std::atomic<bool>::is_always_lock_free);

void handle(int signal) {
  flag = true;
  std::signal(signal, SIG_DFL);
}

void request_reload(int) { reload = true; }
}  // namespace

void install_interrupt_handlers() {
  std::signal(SIGINT, handle);
  std::signal(SIGTERM, handle);
}

bool interrupted() { return flag; }
void set_interrupted(bool value) { flag = value; }

void install_reload_handler() { std::signal(SIGHUP, request_reload); }

bool take_reload_request() { return reload.exchange(false); }

void throw_if_interrupted() {
  if (interrupted()) throw Interrupted();
}

}  // namespace marquee
