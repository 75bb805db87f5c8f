// One bundle, judged: its answers become everything that the report says of it.
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

struct JudgeOptions {
  std::string device = "cpu";
  std::vector<int> cutoffs;
  BootstrapOptions bootstrap;
  std::vector<int64_t> example_members;  // of the panel
};

struct Verdict {
  BundleResult result;
  std::vector<std::optional<Resampled>> compared;   // by compared_metrics(); none: not measured
  std::vector<std::vector<ExampleTitle>> examples;  // [example_members]
};

// `on_progress` is told the bundle's name and how many members are done.
Verdict judge(const std::filesystem::path& folder, const Questions& questions,
              const JudgeOptions& options,
              const std::function<void(const std::string&, int64_t)>& on_progress);

// Every pair of bundles on the same resamples of the same members, how many these are. The p of all
// pairs in one metric are one family (significance.h).
std::vector<Difference> compare(const std::vector<Verdict>& verdicts, int64_t members);

}  // namespace marquee::evaluation
