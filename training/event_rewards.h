// What each event of a user was worth, for a model that learns from rewards: what was played and
// liked soon after it, and whether the user came back.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "configs/config.h"

namespace marquee::training {

// A visit begins with an event this long after the one before it.
inline constexpr int64_t kVisitGap = 4 * 3600;

// Of a user's events, oldest first:
//   signal · Σ_j discount^j · signals[i + j], over the events up to horizon_hours later
//   + return_D, for each D of 1, 7 and 28 days within which the next visit began
//   + visits · Σ over the later visits of visit_discount^(days until it).
// The last is a Monte Carlo estimate of the value of a visit under what was shown afterwards: it
// has no bias from a model of that value, at the price of more variance (Sutton & Barto,
// Reinforcement Learning, 2nd ed., chapter 5). `known_until`: when the log of this user ends.
// Whether the user came back, and how often, is NaN where the log ends too early to know; visits
// are followed for 28 days. What was liked soon after counts as far as the log goes.
//   times: seconds; signals: 0 to 1, as data::signal
std::vector<float> event_rewards(std::span<const int64_t> times, std::span<const float> signals,
                                 int64_t known_until, const configs::EventRewardConfig& config);

}  // namespace marquee::training
