#include "evaluation/privacy/roc.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <numeric>

#include "core/random.h"
#include "core/threads.h"
#include "evaluation/significance.h"

namespace marquee::evaluation {

namespace {

constexpr int kPoints = 100;         // of a curve
constexpr int64_t kDrawsABlock = 8;  // resamples
constexpr double kAlmostNone = 1e-9;

double mean(const std::vector<double>& values) {
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

// Of the mean of these.
double squared_error(const std::vector<double>& values) {
  const double middle = mean(values);
  double squares = 0;
  for (const double value : values) squares += (value - middle) * (value - middle);
  const auto count = static_cast<double>(values.size());
  return squares / (count - 1) / count;
}

// For each value the share of `others` that is below it, of equal ones half.
std::vector<double> shares_below(const std::vector<double>& values, std::vector<double> others) {
  std::ranges::sort(others);
  std::vector<double> shares;
  for (const double value : values) {
    const auto [first, last] = std::ranges::equal_range(others, value);
    shares.push_back(
        (static_cast<double>(first - others.begin()) + static_cast<double>(last - others.begin())) /
        (2 * static_cast<double>(others.size())));
  }
  return shares;
}

std::vector<double> drawn(const std::vector<double>& values, RandomStream& random) {
  std::vector<double> some;
  for (size_t i = 0; i < values.size(); ++i) some.push_back(values[random.below(values.size())]);
  return some;
}

}  // namespace

double area_under_curve(const SeparatedScores& scores) {
  return mean(shares_below(scores.in, scores.out));
}

Area area_with_interval(const SeparatedScores& scores) {
  const std::vector<double> of_in = shares_below(scores.in, scores.out);
  std::vector<double> of_out = shares_below(scores.out, scores.in);
  const double auc = mean(of_in);
  if (scores.in.size() < 2 || scores.out.size() < 2) return {{auc, 0, 1}, 1};
  const double error = std::sqrt(squared_error(of_in) + squared_error(of_out));
  Area area{{auc, std::max(0.0, auc - 1.96 * error), std::min(1.0, auc + 1.96 * error)}, 1};
  const auto degrees = static_cast<double>(scores.in.size() + scores.out.size() - 2);
  if (auc != 0.5) area.p = error > 0 ? student_tails((auc - 0.5) / error, degrees) : 0;
  return area;
}

double found_at(const SeparatedScores& scores, double false_share) {
  std::vector<double> out = scores.out;
  const double others = static_cast<double>(out.size());
  const auto allowed = static_cast<size_t>(false_share * others + kAlmostNone);
  if (allowed >= out.size()) return 1;
  const auto threshold = out.begin() + static_cast<std::ptrdiff_t>(allowed);
  std::ranges::nth_element(out, threshold, std::greater<>());
  const auto found =
      std::ranges::count_if(scores.in, [&](double score) { return score > *threshold; });
  return static_cast<double>(found) / static_cast<double>(scores.in.size());
}

Interval found_with_interval(const SeparatedScores& scores, double false_share,
                             const BootstrapOptions& bootstrap) {
  Resampled result{found_at(scores, false_share),
                   std::vector<double>(static_cast<size_t>(bootstrap.resamples))};
  parallel_for(bootstrap.resamples, kDrawsABlock, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      RandomStream random(bootstrap.seed, "found", static_cast<uint64_t>(i));
      SeparatedScores some;
      some.in = drawn(scores.in, random);
      some.out = drawn(scores.out, random);
      result.resamples[static_cast<size_t>(i)] = found_at(some, false_share);
    }
  });
  return result.interval();
}

std::vector<std::pair<double, double>> roc_curve(const SeparatedScores& scores) {
  std::vector<std::pair<double, double>> points;
  for (int i = 0; i <= kPoints; ++i) {
    const double share = static_cast<double>(i) / kPoints;
    points.emplace_back(share, found_at(scores, share));
  }
  return points;
}

}  // namespace marquee::evaluation
