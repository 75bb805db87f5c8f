#include "cli/commands.h"
#include "cli/tensor_runs.h"

namespace marquee::cli {

namespace fs = std::filesystem;

void add_experiment(CLI::App& app) {
  auto& command =
      add_command(app, "experiment", "Compare the arms of an experiment, and say what follows",
                  {"marquee experiment --config experiment.yaml --out out/experiment",
                   "marquee experiment --config configs/experiments/algorithms.yaml --out "
                   "out/algorithms",
                   "marquee experiment --config experiment.yaml --set experiment.looks=any --out "
                   "out/experiment",
                   "marquee experiment --config experiment.yaml --assign users.csv --out "
                   "out/arms.csv"});
  const auto options = std::make_shared<policy::ExperimentOptions>();
  const auto work = std::make_shared<fs::path>(), assign = std::make_shared<fs::path>();
  command.add_option("--config", options->config, "YAML file; docs/experiments.md")->required();
  command.add_option("--out", options->out, "report folder to make")->required();
  command.add_option("--work", *work,
                     "folder for models that simulated arms need, used again if it is there; "
                     "default: OUT-work");
  command.add_option(
      "--assign", *assign,
      "CSV of members (user_id): give each an arm of the configuration's shares, and "
      "write them to the file --out instead of a report");
  command.add_option("--set", options->overrides, "KEY=VALUE over the file, may be repeated")
      ->allow_extra_args(false);
  command.add_flag("--overwrite", options->overwrite, "replace what --out holds");
  command.callback([options, work, assign] { run_experiment(*options, *work, *assign); });
}

}  // namespace marquee::cli
