// SIGINT and SIGTERM as a flag that long work checks between steps.
#pragma once

#include <stdexcept>
#include <string>

namespace marquee {

// From here on the first SIGINT or SIGTERM sets the flag; a second one ends the process at once.
void install_interrupt_handlers();
bool interrupted();
void set_interrupted(bool value);  // for tests

// From here on SIGHUP requests a reload instead of ending the process.
void install_reload_handler();
bool take_reload_request();  // whether one came since the last call

// Thrown by throw_if_interrupted: unwinding removes what is half-written.
struct Interrupted : std::runtime_error {
  // `state`: what was left, and how to go on.
  explicit Interrupted(const std::string& state = "nothing half-written was left")
      : std::runtime_error("interrupted; " + state) {}
};

void throw_if_interrupted();

}  // namespace marquee
