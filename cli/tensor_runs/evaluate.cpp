#include "evaluation/evaluate.h"

#include <algorithm>
#include <iostream>

#include "cli/commands.h"
#include "cli/malloc_settings.h"
#include "cli/tensor_runs.h"
#include "core/artefact.h"
#include "core/log.h"
#include "core/text.h"
#include "evaluation/gate.h"
#include "exporting/seeds.h"
#include "serving/diversity_options.h"

namespace marquee::cli {

namespace fs = std::filesystem;

namespace {

std::vector<inference::Diversity> diversities(const EvaluateArguments& options) {
  inference::Diversity diversity{.method = *inference::diversity_method(options.method),
                                 .by_vectors = options.by == "vectors"};
  if (!options.config.empty()) {
    const auto server = configs::read_server_config(options.config, {});
    diversity = serving::diversity_of(server.diversity, server.answer);
    if (!serving::seen_rules(server.answer.seen).never) {
      log::warn("answer.seen is not evaluated: reports are of titles that are new to the member");
    }
    if (server.retrieval.index != "exact") {
      log::warn(
          "retrieval.index is not evaluated: lists of the report are exact; a server says "
          "at its start how much of them it finds");
    }
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

}  // namespace

void run_evaluate(EvaluateArguments options) {
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
  if (report.gate.empty()) return;
  std::cout << evaluation::gate_console(report.gate);
  if (std::ranges::any_of(report.gate, &evaluation::GateFinding::failed)) throw Exit{2};
}

}  // namespace marquee::cli
