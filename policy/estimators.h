// What a policy would have earned per showing, estimated from the log of another one. Definitions:
// Saito et al., Open Bandit Pipeline (2021), whose values these equal; each estimator's own paper
// is in estimators.cpp.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace marquee::policy {

// A log from the evaluated policy's side.
struct WeightedLog {
  std::vector<double> weight;    // [rows]: π(a) / π_b(a) of what was shown
  std::vector<double> reward;    // [rows]
  std::vector<double> modelled;  // [rows]: the reward model's value of what was shown
  std::vector<double> expected;  // [rows]: the reward model's mean under π
  // [rows]: mean weight, at that position, of all of the same cluster of actions
  std::vector<double> marginal;

  size_t rows() const { return weight.size(); }
};

enum class Estimator {
  kIps,              // inverse propensity score
  kClippedIps,       // weights above λ become λ
  kSnips,            // divided by the sum of weights
  kSubGaussianIps,   // w / (1 − λ + λw)
  kDirect,           // the reward model alone
  kDoublyRobust,     // the model, corrected where its errors were seen
  kSnDoublyRobust,   // the correction divided by the sum of weights
  kSwitchDr,         // the correction only where w ≤ λ
  kShrinkageDr,      // optimistic shrinkage: λw / (w² + λ)
  kSubGaussianDr,    // the correction with w / (1 − λ + λw)
  kMarginalisedIps,  // weights of clusters of actions
};

struct EstimatorInfo {
  Estimator estimator;
  const char* id;    // "ips": the key in report.json
  const char* name;  // "IPS"
  bool has_lambda;
  const char* assumption;  // what has to hold for it to be right, in words
  const char* source;
};

std::span<const EstimatorInfo> estimators();
const EstimatorInfo& info(Estimator estimator);

// An estimate as sums over rows: Σ base ÷ rows + Σ numerator ÷ Σ denominator.
struct Contributions {
  std::vector<double> base;         // [rows], or empty: 0
  std::vector<double> numerator;    // [rows]
  std::vector<double> denominator;  // [rows], or empty: 1

  double value() const;
  // Where row i is there `times[i]` times.
  double value(std::span<const double> times) const;
  // Of each row alone, for means: base + numerator. Not for those with a denominator.
  std::vector<double> each() const;
};

// `lambda` is read by those that have one.
Contributions contributions(Estimator estimator, const WeightedLog& log, double lambda = 0);

// What a shrunk weight is under this estimator; the others leave it as it is.
double shrunk(Estimator estimator, double weight, double lambda);

// Lower confidence bounds of the mean of `values` (which are at least 0) at level 1 − δ.
double hoeffding_lower_bound(std::span<const double> values, double delta);
// Maurer & Pontil (2009).
double bernstein_lower_bound(std::span<const double> values, double delta);
double student_lower_bound(std::span<const double> values, double delta);

// The λ with the least estimated mean squared error: the square of what shrinking the weights
// changes on this log, plus the variance (Su et al. 2020). `candidates` must not be empty.
double chosen_lambda(Estimator estimator, const WeightedLog& log,
                     std::span<const double> candidates);

// Candidates for λ from the weights of the log: 12 of them.
std::vector<double> lambda_candidates(Estimator estimator, const WeightedLog& log);

}  // namespace marquee::policy
