#include "evaluation/fairness/audit.h"

#include <iostream>

#include "cli/commands.h"
#include "core/log.h"
#include "core/text.h"

namespace marquee::cli {

namespace {

// 2 where a limit is exceeded, so that a pipeline stops.
void run(evaluation::FairnessOptions options) {
  options.command = command_line();
  if (!options.limits.empty()) options.limits = config_file(options.limits);
  const evaluation::FairnessReport report = evaluation::audit_fairness(options);
  std::cout << console_table(report);
  log::info(cat("wrote ", (options.out / "report.html").string(), " and report.json"));
  if (report.exceeded()) throw Exit{2};
}

}  // namespace

void add_audit(CLI::App& app) {
  auto& command = add_command(
      app, "audit", "Say for whom a bundle works worse and whose titles it shows, within limits",
      {"marquee audit fairness --bundle out/bundle --data out/ml --out out/fairness",
       "marquee audit fairness --bundle out/bundle --data out/ml --config limits.yaml --out "
       "out/fairness"});
  command.require_subcommand(1);
  auto& fairness = *command.add_subcommand(
      "fairness", "Groups of members and providers of titles; exit 2 if a limit is exceeded");
  const auto options = std::make_shared<evaluation::FairnessOptions>();
  fairness.add_option("--bundle", options->bundle, "bundle folder")->required();
  fairness.add_option("--data", options->dataset, "dataset folder with test events")->required();
  fairness.add_option("--config", options->limits, "YAML file of limits; docs/responsible.md");
  fairness.add_option("--set", options->overrides, "KEY=VALUE over the file, may be repeated")
      ->allow_extra_args(false);
  fairness.add_option("--out", options->out, "report folder to make")->required();
  fairness.add_option("--seed", options->seed, "of intervals")->capture_default_str();
  fairness.add_option("--resamples", options->resamples, "for intervals")
      ->capture_default_str()
      ->check(CLI::Range(100, 100'000));
  fairness.add_option("--device", options->device, "cpu or cuda")->capture_default_str();
  fairness.add_flag("--overwrite", options->overwrite, "replace what --out holds");
  fairness.callback([options] { run(*options); });
}

}  // namespace marquee::cli
