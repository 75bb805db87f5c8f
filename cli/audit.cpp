#include "cli/commands.h"
#include "cli/tensor_runs.h"

namespace marquee::cli {

namespace {

// What all audits take.
template <typename Options>
void add_common(CLI::App& audit, Options& options, const char* seed) {
  audit.add_option("--out", options.out, "report folder to make")->required();
  audit.add_option("--seed", options.seed, seed)->capture_default_str();
  audit.add_option("--resamples", options.resamples, "for intervals")
      ->capture_default_str()
      ->check(CLI::Range(100, 100'000));
  audit.add_option("--device", options.device, "cpu or cuda")->capture_default_str();
  audit.add_flag("--overwrite", options.overwrite, "replace what --out holds");
}

void add_fairness(CLI::App& command) {
  auto& fairness = *command.add_subcommand(
      "fairness", "Groups of members and providers of titles; exit 2 if a limit is exceeded");
  const auto options = std::make_shared<evaluation::FairnessOptions>();
  fairness.add_option("--bundle", options->bundle, "bundle folder")->required();
  fairness.add_option("--data", options->dataset, "dataset folder with test events")->required();
  fairness.add_option("--config", options->limits, "YAML file of limits; docs/responsible.md");
  fairness.add_option("--set", options->overrides, "KEY=VALUE over the file, may be repeated")
      ->allow_extra_args(false);
  const auto serving = std::make_shared<std::string>();
  fairness.add_option("--serving", *serving,
                      "configuration of marquee serve: lists are varied as its section diversity "
                      "says; default: as they are ranked");
  add_common(fairness, *options, "of intervals");
  fairness.callback([options, serving] { run_audit(*options, *serving); });
}

void add_privacy(CLI::App& command) {
  auto& privacy = *command.add_subcommand(
      "privacy",
      "Who was in training and what they are like, by attacks; exit 2 if a limit is "
      "exceeded");
  const auto options = std::make_shared<evaluation::PrivacyOptions>();
  privacy.add_option("--bundle", options->bundles, "bundle folders")->required();
  privacy.add_option("--data", options->dataset, "dataset of split strong that they learned from")
      ->required();
  privacy
      .add_option("--max-auc", options->limits.auc,
                  "largest AUC of telling members from people whom training has never seen")
      ->check(number_between(0.5, 1));
  privacy
      .add_option("--max-tpr", options->limits.found,
                  "largest share of members found where 1 % of the others are taken for members")
      ->check(number_between(0, 1));
  privacy
      .add_option("--max-attribute-auc", options->limits.attribute_auc,
                  "largest AUC of inferring a column of the users file")
      ->check(number_between(0.5, 1));
  add_common(privacy, *options, "of pairs, hidden titles, folds and intervals");
  privacy.callback([options] { run_audit(*options); });
}

}  // namespace

void add_audit(CLI::App& app) {
  auto& command = add_command(
      app, "audit",
      "Say for whom a bundle works worse, whose titles it shows and what it gives away, within "
      "limits",
      {"marquee audit fairness --bundle out/bundle --data out/ml --out out/fairness",
       "marquee audit fairness --bundle out/bundle --data out/ml --config limits.yaml --out "
       "out/fairness",
       "marquee audit privacy --bundle out/bundle --data out/strong --max-auc 0.6 --out "
       "out/privacy"});
  command.require_subcommand(1);
  add_fairness(command);
  add_privacy(command);
}

}  // namespace marquee::cli
