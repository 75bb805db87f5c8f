// Evaluates one bundle: turns its answers into everything that the report says about it.
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "evaluation/answers.h"
#include "evaluation/bootstrap.h"
#include "evaluation/report/report.h"

namespace marquee::evaluation {

struct BundleOptions {
  std::string device = "cpu";
  std::vector<int> cutoffs;
  BootstrapOptions bootstrap;
  std::vector<int> onboarding;         // numbers of questions, ascending; empty: no curve
  std::vector<int64_t> example_users;  // indices of test users
  // Whether bundles may not know some titles, which then are as they are where they serve: put
  // while serving, if the model encodes titles, and else never found.
  bool of_older_catalogues = false;
};

struct BundleEvaluation {
  BundleResult result;
  std::vector<std::optional<Resampled>> compared;   // by compared_metrics(); none: not measured
  std::vector<std::vector<ExampleTitle>> examples;  // [example_users]
};

// `on_progress` gets the bundle's name and the number of users that are done.
BundleEvaluation evaluate_bundle(
    const std::filesystem::path& folder, const Questions& questions, const BundleOptions& options,
    const std::function<void(const std::string&, int64_t)>& on_progress);

// Compares every pair of bundles on the same resamples of the same users, those of the questions.
// The p of all pairs in one metric are one family (significance.h).
std::vector<Difference> compare(const std::vector<BundleEvaluation>& evaluated,
                                const Questions& questions);

}  // namespace marquee::evaluation
