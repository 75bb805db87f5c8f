// Whether a log can say what a policy would earn. Where it cannot, an estimate is refused: a
// number would be chance, and look like any other.
#pragma once

#include <string>
#include <vector>

#include "policy/bandit_log.h"
#include "policy/estimators.h"
#include "policy/policies.h"

namespace marquee::policy {

// Limits beyond which an estimate is refused.
inline constexpr double kLeastEffectiveRows = 100;  // Σw² would rest on fewer
inline constexpr double kMostOfOneRow = 0.1;        // of the sum of weights
inline constexpr double kMostUnsupported = 0.05;    // of the policy's probability
inline constexpr double kMostMeanError = 4;         // standard errors of the mean weight from 1

struct ClippedValue {
  double lambda = 0, value = 0;
  double clipped = 0;  // share of rows whose weight is above λ
};

// An action at a position whose rows, weighted by 1 / propensity, are not as many as there are rows
// at the position that could have had it: its propensities are not those with which it was shown.
struct Miscalibrated {
  std::string action;
  uint32_t position = 0;
  double ratio = 1;      // what should be 1
  double deviation = 0;  // in standard errors
};

struct Diagnostics {
  double mean_weight = 1, mean_weight_error = 0;  // and its standard error
  double largest_weight = 0;
  double largest_share = 0;   // of it in the sum of weights
  double effective_rows = 0;  // (Σw)² / Σw² (Kish)
  double unsupported = 0;     // probability of actions never shown at their position
  double least_propensity = 0;
  std::vector<ClippedValue> clipping;        // IPS at several λ, the last one without clipping
  std::vector<Miscalibrated> miscalibrated;  // the worst, at most 5

  std::vector<std::string> refusals;  // empty: an estimate can be given
  std::vector<std::string> warnings;
  std::string needed;  // what log would do; empty: this one
  bool refused() const { return !refusals.empty(); }
};

Diagnostics diagnose(const BanditLog& log, const ActionProbabilities& policy,
                     const WeightedLog& weights);

}  // namespace marquee::policy
