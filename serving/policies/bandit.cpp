#include "serving/policies/bandit.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

namespace marquee::serving {

namespace {

using Belief = ArmPosterior::Belief;

constexpr double kTail = 6;    // deviations beyond which a normal density is nothing
constexpr double kStep = 0.8;  // of the smallest deviation, at most
constexpr int kLeastSteps = 24, kMostSteps = 4'096;

// The standard normal distribution function, from values and slopes at points between which it is a
// cubic (Hermite): right to 1e-10, and many times as fast as erfc.
class NormalBelow {
 public:
  NormalBelow() {
    for (int i = 0; i <= kPoints; ++i) {
      const double x = static_cast<double>(i) / kPerUnit - kEnd;
      values_[i] = 0.5 * std::erfc(-x / std::numbers::sqrt2);
      slopes_[i] = std::exp(-0.5 * x * x) / std::sqrt(2 * std::numbers::pi) / kPerUnit;
    }
  }

  double operator()(double x) const {
    if (x <= -kEnd) return 0;
    if (x >= kEnd) return 1;
    const double at = (x + kEnd) * kPerUnit;
    const int i = static_cast<int>(at);
    const double t = at - i, u = 1 - t;
    return u * u * ((1 + 2 * t) * values_[i] + t * slopes_[i]) +
           t * t * ((1 + 2 * u) * values_[i + 1] - u * slopes_[i + 1]);
  }

 private:
  static constexpr int kEnd = 8, kPerUnit = 64, kPoints = 2 * kEnd * kPerUnit;
  std::array<double, kPoints + 1> values_, slopes_;
};

}  // namespace

double probability_of_best(const Belief& first, std::span<const Belief> others) {
  static const NormalBelow normal_below;
  double smallest = first.deviation;
  for (const Belief& other : others) smallest = std::min(smallest, other.deviation);
  const double wanted = 2 * kTail * first.deviation / (kStep * std::max(smallest, 1e-12));
  const int steps = static_cast<int>(std::clamp<double>(wanted, kLeastSteps, kMostSteps));
  const double step = 2 * kTail / steps;
  double sum = 0;
  for (int i = 0; i <= steps; ++i) {
    const double z = -kTail + i * step;
    double density = std::exp(-0.5 * z * z);
    for (const Belief& other : others) {
      const double x = first.mean + z * first.deviation - other.mean;
      density *= other.deviation > 0 ? normal_below(x / other.deviation) : (x > 0 ? 1.0 : 0.0);
    }
    sum += density;
  }
  return std::min(1.0, sum * step / std::sqrt(2 * std::numbers::pi));
}

Bandit::Bandit(const configs::RowChoiceConfig& config, size_t arms, const DayTraces& traces)
    : config_(config), arms_(arms, ArmBelief(config, traces)) {}

Bandit::Beliefs Bandit::beliefs(const ArmFeatures& features,
                                std::span<const size_t> offered) const {
  Beliefs all;
  for (const size_t arm : offered) {
    all.push_back(arms_[arm].of(features));
    if (config_.algorithm == "thompson") all.back().deviation *= config_.width;
  }
  return all;
}

// The first of the best. The bonus of "ucb" is LinUCB's, with the width of UCB1, which grows with
// the number of rewards (Auer et al. 2002): of arms with a constant alone, it is UCB1.
size_t Bandit::greatest(const Beliefs& beliefs) const {
  double width = 0;
  if (config_.algorithm == "ucb") {
    int64_t rewards = 1;
    for (const ArmBelief& arm : arms_) rewards += arm.rewards();
    width = config_.width * std::sqrt(2 * std::log(static_cast<double>(rewards)));
  }
  const auto value = [&](const Belief& belief) { return belief.mean + width * belief.deviation; };
  return static_cast<size_t>(std::ranges::max_element(beliefs, {}, value) - beliefs.begin());
}

std::vector<double> Bandit::softmax(const Beliefs& beliefs) const {
  double most = beliefs.front().mean, sum = 0;
  for (const Belief& belief : beliefs) most = std::max(most, belief.mean);
  std::vector<double> shares;
  for (const Belief& belief : beliefs) {
    shares.push_back(std::exp((belief.mean - most) / config_.temperature));
    sum += shares.back();
  }
  for (double& share : shares) share /= sum;
  return shares;
}

size_t Bandit::preferred(const Beliefs& beliefs, RandomStream& random) const {
  if (config_.algorithm == "thompson") {
    Beliefs drawn;
    for (const Belief& belief : beliefs) {
      drawn.push_back({belief.mean + belief.deviation * random.normal(), 0});
    }
    return greatest(drawn);
  }
  if (config_.algorithm != "boltzmann") return greatest(beliefs);
  const auto shares = softmax(beliefs);
  double left = random.uniform();
  for (size_t i = 0; i + 1 < shares.size(); ++i) {
    left -= shares[i];
    if (left < 0) return i;
  }
  return shares.size() - 1;
}

double Bandit::preference(const Beliefs& beliefs, size_t index) const {
  if (config_.algorithm == "boltzmann") return softmax(beliefs)[index];
  if (config_.algorithm != "thompson") return greatest(beliefs) == index ? 1 : 0;
  Beliefs others = beliefs;
  others.erase(others.begin() + static_cast<std::ptrdiff_t>(index));
  return others.empty() ? 1 : probability_of_best(beliefs[index], others);
}

Choice Bandit::choose(const ArmFeatures& features, std::span<const size_t> offered,
                      RandomStream& random) const {
  const Beliefs all = beliefs(features, offered);
  const bool evenly = random.uniform() < config_.epsilon;
  const size_t index = evenly ? random.below(offered.size()) : preferred(all, random);
  const double even = 1.0 / static_cast<double>(offered.size());
  return {index, config_.epsilon * even + (1 - config_.epsilon) * preference(all, index)};
}

std::vector<double> Bandit::probabilities(const ArmFeatures& features,
                                          std::span<const size_t> offered) const {
  const Beliefs all = beliefs(features, offered);
  const double even = config_.epsilon / static_cast<double>(offered.size());
  std::vector<double> result;
  for (size_t i = 0; i < offered.size(); ++i) {
    result.push_back(even + (1 - config_.epsilon) * preference(all, i));
  }
  return result;
}

}  // namespace marquee::serving
