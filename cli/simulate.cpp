#include "policy/simulation/simulate.h"

#include <iostream>

#include "cli/commands.h"
#include "core/log.h"
#include "core/text.h"

namespace marquee::cli {

namespace {

void run(policy::SimulationOptions options) {
  options.config = config_file(options.config);
  std::cout << console_table(policy::simulate(options));
  log::info(cat("wrote ", (options.out / "members.csv").string(), " and days.csv"));
}

}  // namespace

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
  command.callback([options] { run(*options); });
}

}  // namespace marquee::cli
