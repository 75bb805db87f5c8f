// A contextual bandit over kinds of rows: how it chooses, with what probability, and how it learns.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "configs/policy_config.h"
#include "core/random.h"
#include "serving/policies/day_traces.h"

namespace marquee::serving {

// The probability that a draw from the first normal distribution is above one from each of the
// others. By the trapezoid rule with steps that are small beside every deviation (error < 1e-7).
double probability_of_best(const ArmPosterior::Belief& first,
                           std::span<const ArmPosterior::Belief> others);

// Not safe to use from several threads while it learns.
class Bandit {
 public:
  // The algorithm is none of "fixed" and "random", which believe nothing.
  Bandit(const configs::RowChoiceConfig& config, size_t arms,
         const DayTraces& traces = DayTraces());

  // One of `offered`, different arms, at least one: its index there, and the probability.
  Choice choose(const ArmFeatures& features, std::span<const size_t> offered,
                RandomStream& random) const;

  // The probability that choose() gives each of them, [offered].
  std::vector<double> probabilities(const ArmFeatures& features,
                                    std::span<const size_t> offered) const;

  void learn(size_t arm, const ArmFeatures& features, double reward) {
    arms_[arm].learn(0, {{features, reward}});
  }

  std::vector<ArmBelief>& arms() { return arms_; }
  const std::vector<ArmBelief>& arms() const { return arms_; }

 private:
  using Beliefs = std::vector<ArmPosterior::Belief>;
  Beliefs beliefs(const ArmFeatures& features, std::span<const size_t> offered) const;
  size_t preferred(const Beliefs& beliefs, RandomStream& random) const;
  double preference(const Beliefs& beliefs, size_t index) const;  // probability of preferred()
  std::vector<double> softmax(const Beliefs& beliefs) const;
  size_t greatest(const Beliefs& beliefs) const;

  const configs::RowChoiceConfig config_;
  std::vector<ArmBelief> arms_;
};

}  // namespace marquee::serving
