// Off-policy evaluation: what policies would earn, from the log of another one, with intervals, and
// refused where the log cannot say.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "core/json.h"
#include "evaluation/bootstrap.h"
#include "policy/bandit_log.h"
#include "policy/diagnostics.h"
#include "policy/estimators.h"
#include "policy/policies.h"
#include "policy/slates.h"

namespace marquee::policy {

struct OpeOptions {
  std::filesystem::path log;
  std::vector<std::string> policies;  // as named_policy takes them
  std::string clusters;               // as read_clusters takes them; "": each action alone
  std::filesystem::path out;
  bool overwrite = false;
  uint64_t seed = 1;
  int resamples = 1'000;
  std::string rewards = "means";  // the reward model: or "regression"
  std::string command;            // that the report shows
};

struct Estimate {
  Estimator estimator = Estimator::kIps;
  std::optional<double> lambda;  // chosen by the data
  // Reward per showing, 95 %, by resampling members; the reward model is fitted to each resample.
  evaluation::Interval value;
  evaluation::Interval over_log;  // minus what the log earned, with the same resamples
};

struct PolicyResult {
  std::string name;
  Diagnostics diagnostics;
  std::vector<Estimate> estimates;  // one of each estimator; to be shown as refused where refused
  double bernstein_low = 0;         // IPS' lower bound at 97.5 % without resampling; rewards from 0
  std::optional<SlateResult> pages;  // of a log of pages

  const Estimate& of(Estimator estimator) const;

  // What the report leads with: of pages where the log has them, else of showings.
  const evaluation::Interval& value() const;
  const evaluation::Interval& over_log() const;
  bool refused() const { return diagnostics.refused() || (pages && !pages->refusal.empty()); }
};

struct OpeReport {
  std::string log, sha256, command;
  int64_t rows = 0, users = 0;  // 0 users: unknown, rows are resampled
  int64_t actions = 0, positions = 0;
  uint64_t seed = 1;
  int resamples = 0;
  std::string rewards;               // the reward model
  evaluation::Interval logged;       // what the log earned per showing
  int64_t pages = 0;                 // 0: the log has none
  evaluation::Interval logged_page;  // what it earned per page
  std::vector<PolicyResult> policies;
};

// The estimator that the report leads with: its interval means what it says, since no λ adds a bias
// that resampling does not see, and it varies less than the others of that kind.
inline constexpr Estimator kLeading = Estimator::kSnDoublyRobust;

// Writes `out` and returns what is in it. Throws Error for a log or a policy that cannot be read.
OpeReport evaluate_policies(const OpeOptions& options);

// The report without its files; `options.policies` and the folders are not read. The same whatever
// the number of threads.
OpeReport estimate(const BanditLog& log, const std::vector<ActionProbabilities>& policies,
                   const OpeOptions& options);

// Of a log of pages: a table of estimates, and the same for report.json.
std::string pages_section(const OpeReport& report);
Json pages_json(const SlateResult& pages);

std::string console_table(const OpeReport& report);
std::string to_json(const OpeReport& report);
std::string to_html(const OpeReport& report);

}  // namespace marquee::policy
