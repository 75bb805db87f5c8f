#include "evaluation/evaluate.h"

#include <algorithm>
#include <iostream>

#include "cli/commands.h"
#include "cli/malloc_settings.h"
#include "core/artefact.h"
#include "core/log.h"
#include "core/text.h"
#include "exporting/seeds.h"
#include "serving/diversity_options.h"

namespace marquee::cli {

namespace {

namespace fs = std::filesystem;

struct Options {
  evaluation::EvaluationOptions evaluation;
  int seeds = 1;
  std::vector<float> strengths;
  std::string method = "msd", by = "genres";
  fs::path config;
};

std::vector<inference::Diversity> diversities(const Options& options) {
  inference::Diversity diversity{.method = *inference::diversity_method(options.method),
                                 .by_vectors = options.by == "vectors"};
  if (!options.config.empty()) {
    diversity = serving::diversity_of(configs::read_server_config(options.config, {}).diversity);
  }
  std::vector<float> strengths = options.strengths;
  if (strengths.empty() && !options.config.empty()) strengths = {0, diversity.strength};
  std::vector<inference::Diversity> all;
  for (const float strength : strengths) {
    diversity.strength = strength;
    all.push_back(diversity);
  }
  std::ranges::sort(all, {}, &inference::Diversity::strength);
  return all;
}

void run(Options options) {
  keep_freed_memory();
  evaluation::EvaluationOptions& evaluation = options.evaluation;
  if (options.seeds > 1) {
    check_output(evaluation.out, evaluation.overwrite);
    fs::path folder = evaluation.out;
    folder += "-seeds";
    for (const auto& bundle : evaluation.bundles) {
      evaluation.repeats.push_back(exporting::train_seeds({.bundle = bundle,
                                                           .dataset = evaluation.dataset,
                                                           .folder = folder,
                                                           .seeds = options.seeds,
                                                           .device = evaluation.device}));
    }
  }
  evaluation.command = command_line();
  evaluation.diversities = diversities(options);
  std::ranges::sort(evaluation.onboarding);
  const auto repeated = std::ranges::unique(evaluation.onboarding);
  evaluation.onboarding.erase(repeated.begin(), repeated.end());
  const evaluation::Report report = evaluation::evaluate(evaluation);
  std::cout << evaluation::console_table(report);
  log::info(cat("wrote ", (evaluation.out / "report.html").string(), " and report.json"));
}

}  // namespace

void add_evaluate(CLI::App& app) {
  auto& command = add_command(
      app, "evaluate", "Evaluate bundles on the test part of a dataset, as they would be served",
      {"marquee evaluate --bundle out/two_tower out/popularity --data out/ml --out out/report",
       "marquee evaluate --bundle out/bundle --data out/ml --out out/report --candidates "
       "candidates.csv",
       "marquee evaluate --bundle out/bundle --data out/ml --out out/report --seeds 5"});
  const auto options = std::make_shared<Options>();
  auto& evaluation = options->evaluation;
  command.add_option("--bundle", evaluation.bundles, "bundle folders to compare")->required();
  command.add_option("--data", evaluation.dataset, "dataset folder")->required();
  command.add_option("--out", evaluation.out, "report folder to make")->required();
  command.add_option("--candidates", evaluation.candidates,
                     "CSV user_id,title_id: rank each test title among exactly these");
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
  command.add_flag("--overwrite", evaluation.overwrite, "replace what --out holds");
  command.callback([options] { run(*options); });
}

}  // namespace marquee::cli
