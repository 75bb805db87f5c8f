#include "serving/policies/arm_posterior.h"

#include <algorithm>
#include <cmath>

#include "core/error.h"

namespace marquee::serving {

namespace {

constexpr size_t kD = kArmFeatures;
constexpr int kNewtonSteps = 50;

double sigmoid(double x) { return 1 / (1 + std::exp(-x)); }

double inner(const ArmFeatures& a, const ArmFeatures& b) {
  double sum = 0;
  for (size_t i = 0; i < kD; ++i) sum += a[i] * b[i];
  return sum;
}

}  // namespace

ArmFeatures arm_features(const UserFeatures& user, int position) {
  ArmFeatures features{};
  std::ranges::copy(user, features.begin());
  features.back() = 1.0 / (1 + position);
  return features;
}

ArmPosterior::ArmPosterior(const configs::RowChoiceConfig& config)
    : prior_precision_(1 / config.prior),
      noise_precision_(1 / (config.noise * config.noise)),
      discount_(config.discount),
      window_(config.reward_model == "linear" ? static_cast<size_t>(config.window) : 0),
      logistic_(config.reward_model == "logistic") {
  for (size_t i = 0; i < kD; ++i) precision_[i][i] = prior_precision_;
  solve();
}

// By the Cholesky factor of the precision, which is positive definite: the prior is in it.
void ArmPosterior::solve() {
  Matrix lower{}, inverse{};
  for (size_t i = 0; i < kD; ++i) {
    for (size_t j = 0; j <= i; ++j) {
      double sum = precision_[i][j];
      for (size_t k = 0; k < j; ++k) sum -= lower[i][k] * lower[j][k];
      lower[i][j] = i == j ? std::sqrt(std::max(sum, 1e-300)) : sum / lower[j][j];
    }
  }
  for (size_t column = 0; column < kD; ++column) {  // of the inverse of `lower`
    for (size_t i = column; i < kD; ++i) {
      double sum = i == column ? 1 : 0;
      for (size_t k = column; k < i; ++k) sum -= lower[i][k] * inverse[k][column];
      inverse[i][column] = sum / lower[i][i];
    }
  }
  for (size_t i = 0; i < kD; ++i) {
    for (size_t j = 0; j < kD; ++j) {
      double sum = 0;
      for (size_t k = std::max(i, j); k < kD; ++k) sum += inverse[k][i] * inverse[k][j];
      covariance_[i][j] = sum;
    }
  }
  for (size_t i = 0; i < kD; ++i) mean_[i] = inner(covariance_[i], moment_);
}

ArmPosterior::Belief ArmPosterior::of(const ArmFeatures& features) const {
  double variance = 0;
  for (size_t i = 0; i < kD; ++i) variance += features[i] * inner(covariance_[i], features);
  return {inner(mean_, features), std::sqrt(std::max(0.0, variance))};
}

// What was learned fades towards the prior.
void ArmPosterior::forget() {
  if (discount_ == 1) return;
  for (size_t i = 0; i < kD; ++i) {
    for (size_t j = 0; j < kD; ++j) precision_[i][j] *= discount_;
    precision_[i][i] += (1 - discount_) * prior_precision_;
    moment_[i] *= discount_;
  }
}

void ArmPosterior::learn_linear(const ArmFeatures& features, double reward, double sign) {
  for (size_t i = 0; i < kD; ++i) {
    for (size_t j = 0; j < kD; ++j) {
      precision_[i][j] += sign * noise_precision_ * features[i] * features[j];
    }
    moment_[i] += sign * noise_precision_ * reward * features[i];
  }
}

// Laplace's approximation around the new mode (Chapelle & Li 2011, with the whole covariance). The
// mode is on a line: mean + step x covariance x features.
void ArmPosterior::learn_logistic(const ArmFeatures& features, double reward) {
  const Belief belief = of(features);
  const double variance = belief.deviation * belief.deviation;
  const double target = std::clamp(reward, 0.0, 1.0);
  double step = 0;
  for (int i = 0; i < kNewtonSteps; ++i) {
    const double p = sigmoid(belief.mean + step * variance);
    const double change = (target - p - step) / (1 + variance * p * (1 - p));
    step += change;
    if (std::abs(change) < 1e-14) break;
  }
  ArmFeatures mean = mean_;
  for (size_t i = 0; i < kD; ++i) mean[i] += step * inner(covariance_[i], features);
  const double p = sigmoid(inner(mean, features));
  for (size_t i = 0; i < kD; ++i) {
    for (size_t j = 0; j < kD; ++j) precision_[i][j] += p * (1 - p) * features[i] * features[j];
  }
  for (size_t i = 0; i < kD; ++i) moment_[i] = inner(precision_[i], mean);
}

void ArmPosterior::learn(const std::vector<Reward>& rewards) {
  for (const auto& [features, reward] : rewards) {
    ++rewards_;
    forget();
    if (logistic_) {
      solve();
      learn_logistic(features, reward);
      continue;
    }
    learn_linear(features, reward, 1);
    if (window_ == 0) continue;
    remembered_.push_back({features, reward});
    if (remembered_.size() <= window_) continue;
    learn_linear(remembered_.front().features, remembered_.front().reward, -1);
    remembered_.pop_front();
  }
  solve();
}

Json ArmPosterior::state() const {
  Json remembered = Json::array();
  for (const Reward& each : remembered_) {
    remembered.push_back({{"features", each.features}, {"reward", each.reward}});
  }
  return {{"rewards", rewards_},
          {"precision", precision_},
          {"moment", moment_},
          {"remembered", std::move(remembered)}};
}

void ArmPosterior::restore(const Json& state) {
  try {
    rewards_ = state.at("rewards");
    precision_ = state.at("precision").get<Matrix>();
    moment_ = state.at("moment").get<ArmFeatures>();
    remembered_.clear();
    for (const Json& each : state.at("remembered")) {
      remembered_.push_back({each.at("features").get<ArmFeatures>(), each.at("reward")});
    }
  } catch (const Json::exception& error) {
    throw Error("the state of a policy does not fit: " + json_reason(error), ErrorKind::kArtefact);
  }
  solve();
}

}  // namespace marquee::serving
