#include "cli/commands.h"
#include "cli/tensor_runs.h"

namespace marquee::cli {

void add_simulate(CLI::App& app) {
  auto& command = add_command(
      app, "simulate",
      "Let simulated members use a service: what they watch, and whether they stay",
      {"marquee simulate --config simulation.yaml --out out/simulation",
       "marquee simulate --config simulation.yaml --set simulation.seed=2 --out out/simulation"});
  const auto options = std::make_shared<policy::SimulationOptions>();
  command.add_option("--config", options->config, "YAML file; docs/simulation.md")->required();
  command.add_option("--out", options->out, "folder to make")->required();
  command.add_option("--set", options->overrides, "KEY=VALUE over the file, may be repeated")
      ->allow_extra_args(false);
  command.add_flag("--overwrite", options->overwrite, "replace what --out holds");
  command.callback([options] { run_simulate(*options); });
}

}  // namespace marquee::cli
