// What an action is expected to earn at a position, for the estimators that use a model.
#pragma once

#include <span>
#include <vector>

#include "policy/bandit_log.h"
#include "policy/estimators.h"
#include "policy/policies.h"
#include "serving/policies/arm_posterior.h"

namespace marquee::policy {

inline constexpr double kSmoothing = 10;  // rows

// Means of the log by position and action, drawn towards its overall mean as `strength` more rows
// with that mean would: (Σ reward + strength · mean) / (rows + strength).
struct RewardTable {
  std::vector<double> values;  // [positions, actions]
  // Of a regression: what is known of the user, and the position, adds to that. Empty: nothing.
  std::vector<serving::ArmFeatures> slopes = {};  // [actions]

  double at(const BanditLog& log, size_t row, size_t action) const;
};

// `times`: how often each row is there; empty: once.
RewardTable smoothed_rewards(const BanditLog& log, double strength = kSmoothing,
                             std::span<const double> times = {});

// The same means and, by action, a ridge regression of what they leave on the features of the row
// (serving/policies/arm_posterior.h), with `strength` as its penalty. The log has features.
RewardTable regressed_rewards(const BanditLog& log, double strength = kSmoothing,
                              std::span<const double> times = {});

// The log as the estimators take it. `times` as above.
WeightedLog weighted(const BanditLog& log, const ActionProbabilities& policy,
                     const RewardTable& rewards, std::span<const double> times = {});

}  // namespace marquee::policy
