#include "tuning/tune.h"

#include "cli/commands.h"
#include "cli/malloc_settings.h"
#include "core/error.h"
#include "core/log.h"
#include "core/text.h"
#include "core/text_table.h"
#include "tuning/report.h"

namespace marquee::cli {

namespace {

constexpr size_t kShown = 10;

void run(tuning::TuneOptions options) {
  keep_freed_memory();
  options.config = config_file(options.config);
  const tuning::Tuned tuned = tuning::tune(options);
  std::vector<std::vector<std::string>> rows = {{"trial", "epochs", "validation", "values"}};
  for (const auto& result : tuning::ranking(tuned)) {
    if (rows.size() > kShown) break;
    rows.push_back({std::to_string(result.trial), std::to_string(result.epochs),
                    result.failed() ? "failed" : training::describe(result.score).substr(11),
                    tuning::described(tuned.trials[static_cast<size_t>(result.trial)])});
  }
  std::cout << text_table(rows);
  const std::string out = options.out.string();
  log::info(cat("wrote ", out, "/best.yaml, best-run and report.html: ",
                training::describe(tuned.best.score), " by trial ", tuned.best.trial));
  log::info(cat("next: marquee export --run ", out, "/best-run --out BUNDLE"));
}

}  // namespace

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
  command.callback([options] { run(*options); });
}

}  // namespace marquee::cli
