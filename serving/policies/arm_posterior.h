// What is believed of the reward of one arm: a Bayesian regression on features, updated with each
// reward.
#pragma once

#include <array>
#include <cstddef>
#include <deque>
#include <vector>

#include "configs/policy_config.h"
#include "core/json.h"
#include "serving/pages/row_policy.h"

namespace marquee::serving {

// Those of the user, and the position: 1 / (1 + rows above).
inline constexpr size_t kArmFeatures = kUserFeatures.size() + 1;
using ArmFeatures = std::array<double, kArmFeatures>;

ArmFeatures arm_features(const UserFeatures& user, int position);

// Not safe to use from several threads.
class ArmPosterior {
 public:
  explicit ArmPosterior(const configs::RowChoiceConfig& config);

  // Linear: mean and standard deviation of the expected reward. Logistic: of its log odds.
  struct Belief {
    double mean = 0, deviation = 0;
  };
  Belief of(const ArmFeatures& features) const;

  struct Reward {
    ArmFeatures features;
    double reward;
  };
  void learn(const ArmFeatures& features, double reward) { learn({{features, reward}}); }
  // One after another: the same as one call for each, and faster.
  void learn(const std::vector<Reward>& rewards);

  int64_t rewards() const { return rewards_; }

  // State as it is kept: restoring it gives the same beliefs, to the bit.
  Json state() const;
  void restore(const Json& state);  // throws Error (artefact) if it does not fit

 private:
  using Matrix = std::array<ArmFeatures, kArmFeatures>;

  void learn_linear(const ArmFeatures& features, double reward, double sign);
  void learn_logistic(const ArmFeatures& features, double reward);
  void forget();  // by the discount
  void solve();   // covariance and mean, from precision and moment

  double prior_precision_, noise_precision_, discount_;
  size_t window_;
  bool logistic_;
  Matrix precision_{}, covariance_{};
  ArmFeatures moment_{}, mean_{};  // moment: precision x mean
  std::deque<Reward> remembered_;  // with a window: those that count
  int64_t rewards_ = 0;
};

}  // namespace marquee::serving
