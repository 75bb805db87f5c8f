#include "cli/commands.h"
#include "cli/tensor_runs.h"

namespace marquee::cli {

void add_doctor(CLI::App& app) {
  auto& command =
      add_command(app, "doctor", "Versions, devices and memory, and what is missing or odd",
                  {"marquee doctor"});
  command.callback([] { run_doctor(); });
}

}  // namespace marquee::cli
