#include "policy/experiment/surrogate.h"

#include <cmath>
#include <numeric>
#include <utility>

#include "core/error.h"
#include "core/text.h"
#include "policy/experiment/statistics.h"
#include "policy/normal_equations.h"

namespace marquee::policy {

namespace {

double mean_product(const std::vector<double>& a, const std::vector<double>& b) {
  return std::inner_product(a.begin(), a.end(), b.begin(), 0.0) / static_cast<double>(a.size());
}

// Of columns that have been centred and scaled.
std::vector<double> least_squares(const std::vector<std::vector<double>>& columns,
                                  const std::vector<double>& outcome) {
  constexpr double kLeast = 1e-10;  // of a column's own part, beyond what those before it say
  std::vector<std::vector<double>> products;
  std::vector<double> right;
  for (const auto& column : columns) {
    auto& row = products.emplace_back();
    for (const auto& other : columns) row.push_back(mean_product(column, other));
    right.push_back(mean_product(column, outcome));
  }
  const auto slopes = solved(std::move(products), std::move(right), kLeast);
  if (!slopes) throw Error("a column follows from the others, or does not vary; leave it out");
  return *slopes;
}

enum class Said { kBetter, kWorse, kUndecided };

Said said(const std::vector<double>& values, const Units& units, size_t arm,
          const SurrogateQuestion& question) {
  ArmSums control, treatment;
  for (size_t i = 0; i < units.users(); ++i) {
    if (units.arm[i] == 0) control.add(values[i]);
    if (units.arm[i] == arm) treatment.add(values[i]);
  }
  const Difference difference =
      absolute_difference(mean_of(control), mean_of(treatment), question.alpha);
  const bool higher = difference.low > 0, lower = difference.high < 0;
  if (!higher && !lower) return Said::kUndecided;
  return higher == question.higher_is_better ? Said::kBetter : Said::kWorse;
}

}  // namespace

Surrogate::Surrogate(const Units& past, const std::string& outcome, std::vector<std::string> early,
                     int64_t arm)
    : early_(std::move(early)) {
  std::vector<size_t> rows;
  for (size_t i = 0; i < past.users(); ++i) {
    if (std::cmp_not_equal(past.arm[i], arm)) rows.push_back(i);
  }
  const auto centred = [&](const std::string& name, double& mean, double& scale) {
    ArmSums sums;
    const auto& values = past.columns.at(name);
    for (const size_t row : rows) sums.add(values[row]);
    const Estimated of = mean_of(sums);
    mean = of.mean;
    scale = of.variance > 0 ? std::sqrt(of.variance) : 1;
    std::vector<double> result;
    for (const size_t row : rows) result.push_back((values[row] - mean) / scale);
    return result;
  };
  double mean = 0, scale = 1;
  const std::vector<double> target = centred(outcome, mean, scale);
  std::vector<std::vector<double>> columns;
  std::vector<double> means(early_.size()), scales(early_.size());
  for (size_t i = 0; i < early_.size(); ++i) {
    columns.push_back(centred(early_[i], means[i], scales[i]));
  }
  weights_.assign(1, mean);
  const auto slopes = least_squares(columns, target);
  for (size_t i = 0; i < early_.size(); ++i) {
    weights_.push_back(slopes[i] * scale / scales[i]);
    weights_[0] -= weights_.back() * means[i];
  }
}

std::vector<double> Surrogate::expected(const Units& units) const {
  std::vector<double> result(units.users(), weights_[0]);
  for (size_t c = 0; c < early_.size(); ++c) {
    const auto& values = units.columns.at(early_[c]);
    for (size_t i = 0; i < result.size(); ++i) result[i] += weights_[1 + c] * values[i];
  }
  return result;
}

SurrogateQuality surrogate_quality(const Units& past, const std::string& outcome,
                                   const std::vector<std::string>& early,
                                   const SurrogateQuestion& question) {
  SurrogateQuality quality;
  const auto& truth = past.columns.at(outcome);
  const auto expected = Surrogate(past, outcome, early).expected(past);
  ArmSums both;
  for (size_t i = 0; i < truth.size(); ++i) both.add(truth[i], expected[i]);
  const double n = both.n, covariance = both.xy / n - both.x / n * both.y / n;
  const double of_truth = both.xx / n - both.x / n * both.x / n;
  quality.explained = of_truth > 0 ? covariance / of_truth : 0;
  for (size_t arm = 1; arm < past.arms.size(); ++arm) {
    const Said by_truth = said(truth, past, arm, question);
    Said by_surrogate = Said::kUndecided;
    try {
      const Surrogate others(past, outcome, early, static_cast<int64_t>(arm));
      by_surrogate = said(others.expected(past), past, arm, question);
    } catch (const Error&) {
      // Without this arm the columns say nothing.
    }
    ++quality.arms;
    quality.agreed += by_truth == by_surrogate;
    quality.better += by_truth == Said::kBetter;
    quality.recalled += by_truth == Said::kBetter && by_surrogate == Said::kBetter;
  }
  return quality;
}

}  // namespace marquee::policy
