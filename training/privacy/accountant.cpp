#include "training/privacy/accountant.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

#include "core/error.h"
#include "core/text.h"

namespace marquee::training {

namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kLeastNoise = 1e-2, kMostNoise = 1e4;  // that noise_for() tries
constexpr double kNoiseTolerance = 1e-6;                // relative
constexpr int kMostTerms = 10'000;                      // of the series of a fractional order
constexpr double kNegligible = 30;                      // a term below e^-30 of the sum

// The orders of dp-accounting 0.6.0.
const std::vector<double>& orders() {
  static const std::vector<double> all = [] {
    std::vector<double> values;
    for (int tenth = 1; tenth < 100; ++tenth) values.push_back(1 + tenth / 10.0);
    for (int order = 11; order < 64; ++order) values.push_back(order);
    values.insert(values.end(), {128, 256, 512, 1024});
    return values;
  }();
  return all;
}

double log_add(double a, double b) {
  const auto [low, high] = std::minmax(a, b);
  return low == -kInfinity ? high : high + std::log1p(std::exp(low - high));
}

// Of the absolute value: beyond n, binomials of a fraction change their sign.
double log_binomial(double n, double k) {
  return std::lgamma(n + 1) - std::lgamma(k + 1) - std::lgamma(n - k + 1);
}

double log_erfc(double x) {
  constexpr double kUnderflow = 25;
  if (x < kUnderflow) return std::log(std::erfc(x));
  const double square = x * x;  // the series of the logarithm at infinity
  return -square - std::log(x * std::sqrt(std::numbers::pi)) - 0.5 / square +
         0.625 / (square * square);
}

// The logarithm of the moment whose order is a whole number: equation 4 of section 3.3.
double log_moment_of_integer(double q, double noise, int64_t order) {
  double sum = -kInfinity;
  for (int64_t i = 0; i <= order; ++i) {
    const auto k = static_cast<double>(i), n = static_cast<double>(order);
    sum = log_add(sum, log_binomial(n, k) + k * std::log(q) + (n - k) * std::log1p(-q) +
                           (k * k - k) / (2 * noise * noise));
  }
  return sum;
}

// The logarithm of a bound of the moment of a fractional order: the two series of section 3.3, with
// all terms taken as positive.
double log_moment_of_fraction(double q, double noise, double order) {
  const double z = noise * noise * std::log(1 / q - 1) + 0.5;
  const double log_q = std::log(q), log_rest = std::log1p(-q);
  const double scale = 1 / (std::numbers::sqrt2 * noise), growth = 1 / (2 * noise * noise);
  double sum = -kInfinity, last_left = -kInfinity, last_right = -kInfinity;
  for (int term = 0; term < kMostTerms; ++term) {
    const double i = term, j = order - i, common = log_binomial(order, i) - std::numbers::ln2;
    const double left =
        common + i * log_q + j * log_rest + (i * i - i) * growth + log_erfc((i - z) * scale);
    const double right =
        common + j * log_q + i * log_rest + (j * j - j) * growth + log_erfc((z - j) * scale);
    sum = log_add(sum, log_add(left, right));
    const bool falls = left < last_left && right < last_right;
    if (falls && std::max(left, right) < sum - kNegligible) return sum;
    last_left = left;
    last_right = right;
  }
  return kInfinity;
}

double epsilon_at(double order, double divergence, double delta) {
  // By the divergence of Kullback and Leibler, delta is at most the root of 1 - exp(-divergence).
  if (delta * delta + std::expm1(-divergence) > 0) return 0;
  return divergence + std::log1p(-1 / order) - std::log(delta * order) / (order - 1);
}

void check(const PrivacyBudget& budget) {
  if (!(budget.delta > 0 && budget.delta < 1)) {
    throw Error(cat("delta ", general(budget.delta), " is not between 0 and 1"));
  }
  if (!(budget.epsilon > 0)) {
    throw Error(cat("epsilon ", general(budget.epsilon),
                    " is out of reach: nothing can be learned with it; give a value above 0"));
  }
}

}  // namespace

double renyi_divergence(double sampling, double noise, double order) {
  if (sampling == 0) return 0;
  if (noise <= 0) return kInfinity;
  if (sampling >= 1) return order / (2 * noise * noise);
  const bool whole = order == std::floor(order);
  const double log_moment =
      whole ? log_moment_of_integer(sampling, noise, static_cast<int64_t>(order))
            : log_moment_of_fraction(sampling, noise, order);
  return std::max(0.0, log_moment) / (order - 1);
}

double epsilon_of(std::span<const Mechanism> mechanisms, double delta) {
  double best = kInfinity;
  for (const double order : orders()) {
    double sum = 0;
    for (const Mechanism& m : mechanisms) {
      sum += renyi_divergence(m.sampling, m.noise, order) * static_cast<double>(m.steps);
    }
    best = std::min(best, epsilon_at(order, sum, delta));
  }
  return std::max(0.0, best);
}

double noise_for(const PrivacyBudget& budget, const Mechanism& wanted,
                 std::span<const Mechanism> others) {
  check(budget);
  std::vector<Mechanism> all(others.begin(), others.end());
  all.push_back(wanted);
  const auto epsilon_with = [&](double noise) {
    all.back().noise = noise;
    return epsilon_of(all, budget.delta);
  };
  double low = kLeastNoise, high = kMostNoise;
  if (const double least = epsilon_with(high); least > budget.epsilon) {
    throw Error(cat("epsilon ", general(budget.epsilon), " is out of reach: with a noise of ",
                    general(high), " times what one member changes, ", wanted.steps,
                    wanted.steps == 1 ? " step costs " : " steps cost ", general(least),
                    "; give a larger epsilon or fewer steps"));
  }
  if (epsilon_with(low) <= budget.epsilon) return low;
  while (high > low * (1 + kNoiseTolerance)) {
    const double middle = std::sqrt(low * high);
    (epsilon_with(middle) <= budget.epsilon ? high : low) = middle;
  }
  return high;
}

}  // namespace marquee::training
