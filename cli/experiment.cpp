#include "policy/experiment/experiment.h"

#include <iostream>

#include "cli/commands.h"
#include "core/log.h"
#include "core/text.h"

namespace marquee::cli {

namespace {

void run(policy::ExperimentOptions options) {
  options.command = command_line();
  options.config = config_file(options.config);
  std::cout << console_table(policy::run_experiment(options));
  log::info(cat("wrote ", (options.out / "report.html").string(), " and report.json"));
}

}  // namespace

void add_experiment(CLI::App& app) {
  auto& command =
      add_command(app, "experiment", "Compare the arms of an experiment, and say what follows",
                  {"marquee experiment --config experiment.yaml --out out/experiment",
                   "marquee experiment --config experiment.yaml --set experiment.looks=any --out "
                   "out/experiment"});
  const auto options = std::make_shared<policy::ExperimentOptions>();
  command.add_option("--config", options->config, "YAML file; docs/experiments.md")->required();
  command.add_option("--out", options->out, "report folder to make")->required();
  command.add_option("--set", options->overrides, "KEY=VALUE over the file, may be repeated")
      ->allow_extra_args(false);
  command.add_flag("--overwrite", options->overwrite, "replace what --out holds");
  command.callback([options] { run(*options); });
}

}  // namespace marquee::cli
