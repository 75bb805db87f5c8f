#include "policy/estimators.h"

#include <algorithm>
#include <array>
#include <boost/math/distributions/students_t.hpp>
#include <cmath>
#include <limits>
#include <numeric>

namespace marquee::policy {

namespace {

constexpr const char* kOverlap =
    "the log shows all that the policy would show, and its propensities are right";

constexpr std::array<EstimatorInfo, 11> kEstimators = {{
    {Estimator::kIps, "ips", "IPS", false, kOverlap, "Horvitz & Thompson 1952"},
    {Estimator::kClippedIps, "clipped_ips", "Clipped IPS", true,
     "as IPS; biased downwards by what is cut off", "Ionides 2008"},
    {Estimator::kSnips, "snips", "SNIPS", false, "as IPS; biased, by less the more rows there are",
     "Swaminathan & Joachims 2015"},
    {Estimator::kSubGaussianIps, "subgaussian_ips", "Sub-Gaussian IPS", true,
     "as IPS; biased by what large weights are shrunk", "Metelli et al. 2021"},
    {Estimator::kDirect, "dm", "Direct method", false, "the reward model is right",
     "Beygelzimer & Langford 2009"},
    {Estimator::kDoublyRobust, "dr", "Doubly robust", false,
     "the propensities are right and cover the policy, or the reward model is right",
     "Dudík et al. 2014"},
    {Estimator::kSnDoublyRobust, "sndr", "Self-normalised DR", false,
     "as doubly robust; biased, by less the more rows there are", "Kallus & Uehara 2019"},
    {Estimator::kSwitchDr, "switch_dr", "Switch-DR", true,
     "as doubly robust where weights are up to λ; the reward model is right elsewhere",
     "Wang et al. 2017"},
    {Estimator::kShrinkageDr, "dr_os", "DR with optimistic shrinkage", true,
     "as doubly robust; the more weights are shrunk, the more it relies on the reward model",
     "Su et al. 2020"},
    {Estimator::kSubGaussianDr, "subgaussian_dr", "Sub-Gaussian DR", true,
     "as doubly robust; the more weights are shrunk, the more it relies on the reward model",
     "Metelli et al. 2021"},
    {Estimator::kMarginalisedIps, "mips", "Marginalised IPS", false,
     "what actions of a cluster earn depends on the cluster alone, and the log shows all clusters "
     "that the policy would show",
     "Saito & Joachims 2022"},
}};

double sum(std::span<const double> values) {
  return std::accumulate(values.begin(), values.end(), 0.0);
}
double mean(std::span<const double> values) {
  return sum(values) / static_cast<double>(values.size());
}

// With the number of values as divisor.
double variance(std::span<const double> values) {
  const double centre = mean(values);
  double squares = 0;
  for (const double value : values) squares += (value - centre) * (value - centre);
  return squares / static_cast<double>(values.size());
}

bool self_normalised(Estimator estimator) {
  return estimator == Estimator::kSnips || estimator == Estimator::kSnDoublyRobust;
}

// Whether it starts from the reward model's mean.
bool uses_model(Estimator estimator) {
  switch (estimator) {
    case Estimator::kIps:
    case Estimator::kClippedIps:
    case Estimator::kSnips:
    case Estimator::kSubGaussianIps:
    case Estimator::kMarginalisedIps:
      return false;
    default:
      return true;
  }
}

}  // namespace

std::span<const EstimatorInfo> estimators() { return kEstimators; }

const EstimatorInfo& info(Estimator estimator) {
  return kEstimators[static_cast<size_t>(estimator)];
}

double Contributions::value() const {
  const auto rows = static_cast<double>(numerator.size());
  const double start = base.empty() ? 0 : sum(base) / rows;
  return start + sum(numerator) / (denominator.empty() ? rows : sum(denominator));
}

double Contributions::value(std::span<const double> times) const {
  const double rows = sum(times);
  const auto total = [&](const std::vector<double>& values) {
    return std::inner_product(values.begin(), values.end(), times.begin(), 0.0);
  };
  const double start = base.empty() ? 0 : total(base) / rows;
  return start + total(numerator) / (denominator.empty() ? rows : total(denominator));
}

std::vector<double> Contributions::each() const {
  std::vector<double> values = numerator;
  for (size_t i = 0; i < base.size(); ++i) values[i] += base[i];
  return values;
}

double shrunk(Estimator estimator, double weight, double lambda) {
  switch (estimator) {
    case Estimator::kClippedIps:
      return std::min(weight, lambda);
    case Estimator::kSubGaussianIps:
    case Estimator::kSubGaussianDr:
      return weight / (1 - lambda + lambda * weight);
    case Estimator::kSwitchDr:
      return weight <= lambda ? weight : 0;
    case Estimator::kShrinkageDr:
      return lambda * weight / (weight * weight + lambda);
    case Estimator::kDirect:
      return 0;
    default:
      return weight;
  }
}

Contributions contributions(Estimator estimator, const WeightedLog& log, double lambda) {
  Contributions result;
  result.numerator.resize(log.rows());
  const bool model = uses_model(estimator);
  const auto& weights = estimator == Estimator::kMarginalisedIps ? log.marginal : log.weight;
  for (size_t i = 0; i < log.rows(); ++i) {
    const double error = model ? log.reward[i] - log.modelled[i] : log.reward[i];
    result.numerator[i] = shrunk(estimator, weights[i], lambda) * error;
  }
  if (model) result.base = log.expected;
  if (self_normalised(estimator)) result.denominator = log.weight;
  return result;
}

double hoeffding_lower_bound(std::span<const double> values, double delta) {
  const double most = *std::max_element(values.begin(), values.end());
  return mean(values) -
         most * std::sqrt(std::log(1 / delta) / (2 * static_cast<double>(values.size())));
}

double bernstein_lower_bound(std::span<const double> values, double delta) {
  const double most = *std::max_element(values.begin(), values.end());
  const double log_term = std::log(2 / delta), less = static_cast<double>(values.size()) - 1;
  return mean(values) - 7 * most * log_term / (3 * less) -
         std::sqrt(2 * log_term * variance(values) / less);
}

double student_lower_bound(std::span<const double> values, double delta) {
  const double less = static_cast<double>(values.size()) - 1;
  const double quantile = boost::math::quantile(boost::math::students_t(less), 1 - delta);
  return mean(values) - quantile * std::sqrt(variance(values) / less);
}

double chosen_lambda(Estimator estimator, const WeightedLog& log,
                     std::span<const double> candidates) {
  const auto rows = static_cast<double>(log.rows());
  double best = candidates.front(), least = std::numeric_limits<double>::infinity();
  for (const double lambda : candidates) {
    const Contributions parts = contributions(estimator, log, lambda);
    double bias = 0;  // what shrinking changes
    for (size_t i = 0; i < log.rows(); ++i) {
      const double error = uses_model(estimator) ? log.reward[i] - log.modelled[i] : log.reward[i];
      bias += (shrunk(estimator, log.weight[i], lambda) - log.weight[i]) * error / rows;
    }
    const double mean_square_error = bias * bias + variance(parts.each()) / rows;
    if (mean_square_error < least) {
      least = mean_square_error;
      best = lambda;
    }
  }
  return best;
}

std::vector<double> lambda_candidates(Estimator estimator, const WeightedLog& log) {
  constexpr int kCandidates = 12;
  std::vector<double> candidates;
  if (estimator == Estimator::kSubGaussianIps || estimator == Estimator::kSubGaussianDr) {
    for (int i = 0; i < kCandidates; ++i) candidates.push_back(std::pow(10, -4 + 4.0 * i / 12));
    return candidates;
  }
  const double most = std::max(1.0, *std::max_element(log.weight.begin(), log.weight.end()));
  // Shrinkage compares λ with squares of weights, and leaves them only where λ is much larger.
  const double end = estimator == Estimator::kShrinkageDr ? 1'000 * most * most : most;
  for (int i = 0; i < kCandidates; ++i) {
    candidates.push_back(std::pow(end, static_cast<double>(i) / (kCandidates - 1)));
  }
  return candidates;
}

}  // namespace marquee::policy
