// The evaluation room: bundles are evaluated on the test part of a dataset, through the inference
// code that serves them, and a report says which is better, for whom, and how sure that is. In the
// order of the work: test_users.h (users and their targets), answers.h (a bundle's ranks and lists
// for them), user_metrics.h, beyond_accuracy.h and slices.h (what each user adds to each metric),
// bootstrap.h (intervals), report/ (JSON, page, console). Every metric is defined in
// docs/evaluation.md. Start here.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "evaluation/report/report.h"

namespace marquee::evaluation {

struct EvaluationOptions {
  std::vector<std::filesystem::path> bundles;
  // [bundles] or empty: the same configuration trained with other seeds, for mean and spread
  std::vector<std::vector<std::filesystem::path>> repeats;
  std::filesystem::path dataset;
  std::filesystem::path out;
  std::filesystem::path candidates;  // optional CSV user_id,title_id
  // Optional (configs/gate_config.h): what the first of two bundles must not be worse in.
  std::filesystem::path gate;
  std::vector<std::string> gate_overrides;  // "metrics.full_rank.ndcg@10=0.02"

  bool has_gate() const { return !gate.empty() || !gate_overrides.empty(); }
  std::string command;   // that makes this report, for those who read it
  bool parquet = false;  // also writes metrics.parquet
  bool overwrite = false;
  std::string device = "cpu";
  uint64_t seed = 1;  // of sampled negatives, resamples and examples
  int resamples = 1'000;
  std::vector<inference::Diversity> diversities;  // also evaluated, by strength
  std::vector<int> onboarding;  // numbers of questions to new members, ascending; empty: no curve
  std::vector<int> cutoffs = {1, 5, 10, 20, 50, 100};  // 10 and 20 always
};

// Writes a "report" artefact with report.json and report.html, and returns what is in it. Throws
// Error for a dataset without test events, a bundle that is named twice or does not know the
// dataset's titles (kind artefact), and rows of the candidates file that name unknown users or
// titles. The same inputs and seed give the same report, except for its timings.
Report evaluate(const EvaluationOptions& options);

}  // namespace marquee::evaluation
