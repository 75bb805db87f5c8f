// Resamples are drawn eight at a time and kept as one row of eight counts a user, so that the
// sums below run over neighbouring floats in a fixed order, whatever the threads.
#include "evaluation/bootstrap.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "core/random.h"
#include "core/threads.h"

namespace marquee::evaluation {

namespace {

constexpr int kLanes = 8;          // resamples drawn together
constexpr int64_t kBlock = 1'024;  // users summed in single precision before they are added up
constexpr double kLowTail = 0.025, kHighTail = 0.975;

using Lanes = std::array<double, kLanes>;
using Counts = std::vector<std::array<float, kLanes>>;  // [users]: how often each was drawn

Counts draw(int64_t users, const BootstrapOptions& options, int64_t group) {
  Counts counts(static_cast<size_t>(users));
  for (int lane = 0; lane < kLanes; ++lane) {
    RandomStream random(options.seed, "bootstrap", static_cast<uint64_t>(group * kLanes + lane));
    for (int64_t i = 0; i < users; ++i) {
      counts[random.below(static_cast<uint64_t>(users))][lane] += 1;
    }
  }
  return counts;
}

// In single precision: an interval needs no more.
Lanes weighted_sums(const Counts& counts, std::span<const double> values) {
  Lanes total{};
  for (size_t begin = 0; begin < values.size(); begin += kBlock) {
    const size_t end = std::min(values.size(), begin + kBlock);
    std::array<float, kLanes> block{};
    for (size_t i = begin; i < end; ++i) {
      const auto value = static_cast<float>(values[i]);
      for (int lane = 0; lane < kLanes; ++lane) block[lane] += counts[i][lane] * value;
    }
    for (int lane = 0; lane < kLanes; ++lane) total[lane] += block[lane];
  }
  return total;
}

Lanes ratios(const Counts& counts, const PerUser& metric) {
  Lanes sums = weighted_sums(counts, metric.sums);
  Lanes weights;
  weights.fill(static_cast<double>(metric.sums.size()));
  if (!metric.weights.empty()) weights = weighted_sums(counts, metric.weights);
  for (int lane = 0; lane < kLanes; ++lane) sums[lane] /= weights[lane];
  return sums;
}

double point(const PerUser& metric) {
  double sum = 0, weight = 0;
  for (const double value : metric.sums) sum += value;
  for (const double value : metric.weights) weight += value;
  return sum / (metric.weights.empty() ? static_cast<double>(metric.sums.size()) : weight);
}

// With linear interpolation between order statistics; `sorted` is not empty.
double quantile(const std::vector<double>& sorted, double q) {
  const double at = q * static_cast<double>(sorted.size() - 1);
  const auto below = static_cast<size_t>(at);
  const size_t above = std::min(below + 1, sorted.size() - 1);
  return sorted[below] + (at - static_cast<double>(below)) * (sorted[above] - sorted[below]);
}

}  // namespace

Interval Resampled::interval() const {
  std::vector<double> sorted = resamples;
  std::erase_if(sorted, [](double metric) { return std::isnan(metric); });
  if (std::isnan(value) || sorted.empty()) return {value, value, value};
  std::sort(sorted.begin(), sorted.end());
  return {value, std::min(value, quantile(sorted, kLowTail)),
          std::max(value, quantile(sorted, kHighTail))};
}

Resampled difference(const Resampled& a, const Resampled& b) {
  Resampled result{a.value - b.value, a.resamples};
  for (size_t i = 0; i < b.resamples.size(); ++i) result.resamples[i] -= b.resamples[i];
  return result;
}

Resampled ratio(const Resampled& a, const Resampled& b) {
  const auto divided = [](double above, double below) {
    return below == 0 ? std::numeric_limits<double>::quiet_NaN() : above / below;
  };
  Resampled result{divided(a.value, b.value), a.resamples};
  for (size_t i = 0; i < b.resamples.size(); ++i) {
    result.resamples[i] = divided(a.resamples[i], b.resamples[i]);
  }
  return result;
}

std::vector<Resampled> bootstrap(std::span<const PerUser* const> metrics,
                                 const BootstrapOptions& options) {
  if (metrics.empty()) return {};
  const auto users = static_cast<int64_t>(metrics.front()->sums.size());
  const int64_t groups = (options.resamples + kLanes - 1) / kLanes;
  std::vector<Resampled> result;
  for (const PerUser* metric : metrics) {
    result.push_back({point(*metric), std::vector<double>(static_cast<size_t>(groups * kLanes))});
  }
  parallel_for(groups, 1, [&](int64_t begin, int64_t end) {
    for (int64_t group = begin; group < end; ++group) {
      const Counts counts = draw(users, options, group);
      for (size_t f = 0; f < metrics.size(); ++f) {
        const Lanes values = ratios(counts, *metrics[f]);
        std::copy(values.begin(), values.end(), result[f].resamples.begin() + group * kLanes);
      }
    }
  });
  for (Resampled& metric : result) metric.resamples.resize(static_cast<size_t>(options.resamples));
  return result;
}

Interval jackknife(double value, std::span<const double> without_group) {
  const auto groups = static_cast<double>(without_group.size());
  double mean = 0, squares = 0;
  for (const double metric : without_group) mean += metric / groups;
  for (const double metric : without_group) squares += (metric - mean) * (metric - mean);
  const double error = 1.96 * std::sqrt((groups - 1) / groups * squares);
  return {value, std::max(0.0, value - error), std::min(1.0, value + error)};
}

}  // namespace marquee::evaluation
