// What an action is expected to earn at a position, for the estimators that use a model.
#pragma once

#include <span>
#include <vector>

#include "policy/bandit_log.h"
#include "policy/estimators.h"
#include "policy/policies.h"

namespace marquee::policy {

inline constexpr double kSmoothing = 10;  // rows

// Means of the log by position and action, drawn towards its overall mean as `strength` more rows
// with that mean would: (Σ reward + strength · mean) / (rows + strength).
struct RewardTable {
  std::vector<double> values;  // [positions, actions]
};

// `times`: how often each row is there; empty: once.
RewardTable smoothed_rewards(const BanditLog& log, double strength = kSmoothing,
                             std::span<const double> times = {});

// The log as the estimators take it. `times` as above.
WeightedLog weighted(const BanditLog& log, const ActionProbabilities& policy,
                     const RewardTable& rewards, std::span<const double> times = {});

}  // namespace marquee::policy
