// An experiment: arms compared on members, and what follows. Differences with intervals and p
// values that are right for how often they are looked at, guardrails, and checks of the experiment
// itself.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "configs/experiment_config.h"
#include "policy/experiment/preference.h"
#include "policy/experiment/statistics.h"
#include "policy/experiment/surrogate.h"
#include "policy/experiment/units.h"

namespace marquee::policy {

// Limits beyond which an experiment is not to be trusted.
inline constexpr double kLeastSampleRatioP = 0.001;
inline constexpr double kMostCrossed = 0.01;  // share of users with two arms

enum class Guard {
  kNone,     // not a guardrail
  kHolds,    // not worse by more than its margin
  kBroken,   // worse by more
  kUnclear,  // the interval holds both
};

// One arm against the control, on one metric.
struct Comparison {
  std::string arm;
  double control = 0, treatment = 0;  // as observed
  Difference absolute, relative;
  double holm_p = 1, bh_p = 1;  // among all comparisons of success metrics
  double variance_taken = 0;    // share of the variance that CUPED took out
  double detectable = 0;        // relative difference that is found with the power wanted
  std::optional<LogRank> survival;
  Guard guard = Guard::kNone;
  bool better = false, worse = false;  // surely, at alpha, by the adjusted p
};

struct MetricResult {
  std::string name;
  configs::MetricConfig config;
  std::vector<Comparison> comparisons;             // of the arms after the control, in their order
  std::vector<std::vector<SurvivalPoint>> curves;  // [arms], of a survival metric
  std::string note;                                // why there is no difference: ""
  std::optional<SurrogateQuality> surrogate;       // of a surrogate metric
};

enum class Decision { kShip, kStop, kWait, kUnhealthy };
const char* name(Decision decision);  // "ship"

struct ArmDecision {
  std::string arm;
  Decision decision = Decision::kWait;
  std::vector<std::string> reasons;
};

// The members of one value of a segment.
struct SegmentResult {
  std::string column, value;
  int64_t users = 0;
  std::vector<MetricResult> metrics;  // success metrics; better and worse by bh_p, which is
                                      // adjusted for all segments, metrics and arms together
};

struct ExperimentReport {
  configs::ExperimentConfig config;
  std::string units, sha256, command;
  std::vector<std::string> arms;  // the control first
  std::vector<int64_t> users;     // [arms]
  int64_t crossed = 0;
  double sample_ratio_p = 1;
  std::vector<MetricResult> metrics;  // success first, then guardrails
  std::vector<ArmDecision> decisions;
  std::vector<SegmentResult> segments;  // those with two members of every arm at least
  // Of a simulation:
  std::vector<std::vector<double>> daily_hours;  // [arms][days], of a member on that day
  std::optional<Preference> preference;          // of members of interleaved pages
};

struct ExperimentOptions {
  std::filesystem::path config, out;
  std::vector<std::string> overrides;
  bool overwrite = false;
  std::string command;
};

// Writes `out` and returns what is in it. Throws Error for a configuration or members that cannot
// be read.
ExperimentReport run_experiment(const ExperimentOptions& options);

// The report without its files.
ExperimentReport analysed(const Units& units, const configs::ExperimentConfig& config);

// One result for each value of each segment (segments.cpp).
std::vector<SegmentResult> compare_segments(const Units& units,
                                            const configs::ExperimentConfig& config);

std::string console_table(const ExperimentReport& report);
std::string to_json(const ExperimentReport& report);
std::string to_html(const ExperimentReport& report);

}  // namespace marquee::policy
