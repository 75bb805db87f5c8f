#include "cli/commands.h"
#include "cli/tensor_runs.h"

namespace marquee::cli {

namespace {

void add_gate(CLI::App& command, evaluation::EvaluationOptions& evaluation) {
  command.add_option("--gate", evaluation.gate,
                     "YAML: what the first of two bundles must not be worse in than the second; "
                     "exits with 2 if it is");
  command
      .add_option("--set", evaluation.gate_overrides,
                  "KEY=VALUE of the gate, as in metrics.full_rank.ndcg@10=0.02")
      ->allow_extra_args(false);
}

}  // namespace

void add_evaluate(CLI::App& app) {
  auto& command = add_command(
      app, "evaluate", "Evaluate bundles on the test part of a dataset, as they would be served",
      {"marquee evaluate --bundle out/two_tower out/popularity --data out/ml --out out/report",
       "marquee evaluate --bundle out/bundle --data out/ml --out out/report --candidates "
       "candidates.csv",
       "marquee evaluate --bundle out/new out/serving --data out/ml --out out/report --gate "
       "configs/gates/nightly.yaml",
       "marquee evaluate --bundle out/bundle --data out/ml --out out/report --seeds 5"});
  const auto options = std::make_shared<EvaluateArguments>();
  auto& evaluation = options->evaluation;
  command.add_option("--bundle", evaluation.bundles, "bundle folders to compare")->required();
  command.add_option("--data", evaluation.dataset, "dataset folder")->required();
  command.add_option("--out", evaluation.out, "report folder to make")->required();
  command.add_option("--candidates", evaluation.candidates,
                     "CSV user_id,title_id: rank each test title among exactly these");
  add_gate(command, evaluation);
  command
      .add_option("--seeds", options->seeds,
                  "train each bundle again until it was with so many seeds, in OUT-seeds, and "
                  "report mean and spread")
      ->capture_default_str()
      ->check(CLI::Range(1, 100));
  command
      .add_option("--diversity", options->strengths,
                  "strengths from 0 to 1: what lists cost that are as much more varied")
      ->check(number_between(0, 1));
  auto* const method =
      command
          .add_option("--diversity-method", options->method,
                      "mmr, msd, dpp, ssd, calibrated or xquad; docs/responsible.md")
          ->capture_default_str()
          ->check(CLI::IsMember({"mmr", "msd", "dpp", "ssd", "calibrated", "xquad"}));
  auto* const by = command
                       .add_option("--diversity-by", options->by,
                                   "which titles are similar: by genres or vectors")
                       ->capture_default_str()
                       ->check(CLI::IsMember({"genres", "vectors"}));
  command
      .add_option("--config", options->config,
                  "configuration of marquee serve: lists are varied as its section diversity says, "
                  "rules too; with the strengths of --diversity, default: 0 and its own")
      ->excludes(method)
      ->excludes(by);
  command
      .add_option("--onboarding", evaluation.onboarding,
                  "numbers of questions: how good lists are for a new member after so many answers "
                  "or events; takes a dataset of split strong")
      ->check(CLI::Range(0, 100));
  command.add_option("--seed", evaluation.seed, "of sampled negatives and intervals")
      ->capture_default_str();
  command.add_option("--device", evaluation.device, "cpu or cuda")->capture_default_str();
  command.add_flag("--parquet", evaluation.parquet,
                   "also write metrics.parquet: a row for each metric of each bundle and slice");
  command.add_flag("--overwrite", evaluation.overwrite, "replace what --out holds");
  command.callback([options] { run_evaluate(*options); });
}

}  // namespace marquee::cli
