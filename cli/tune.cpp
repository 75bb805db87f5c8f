#include "cli/commands.h"
#include "cli/tensor_runs.h"

namespace marquee::cli {

void add_tune(CLI::App& app) {
  auto& command = add_command(
      app, "tune", "Search for the configuration that does best on validation",
      {"marquee tune --config configs/tune/ials.yaml --data out/ml --out out/tuned --trials 27",
       "marquee tune --config configs/tune/two_tower.yaml --data out/ml --out out/tuned --trials 9 "
       "--jobs 2",
       "marquee tune --config configs/tune/ials.yaml --data out/ml --out out/tuned --trials 27 "
       "--resume"});
  const auto options = std::make_shared<tuning::TuneOptions>();
  command
      .add_option("--config", options->config, "YAML file with a section search:; docs/tuning.md")
      ->required();
  command.add_option("--data", options->dataset, "dataset folder")->required();
  command.add_option("--out", options->out, "folder to make or resume")->required();
  command.add_option("--trials", options->trials, "configurations to try")
      ->required()
      ->check(CLI::Range(1, 100'000));
  command.add_option("--jobs", options->jobs, "trials at a time, which share the threads")
      ->capture_default_str()
      ->check(CLI::Range(1, 1024));
  command.add_option("--set", options->overrides, "KEY=VALUE for all trials, may be repeated")
      ->allow_extra_args(false);
  command.add_option("--device", options->device, "auto, cpu or cuda")->capture_default_str();
  command.add_flag("--resume", options->resume, "go on where the search was broken off");
  command.add_flag("--overwrite", options->overwrite, "replace what --out holds");
  command.callback([options] { run_tune(*options); });
}

}  // namespace marquee::cli
