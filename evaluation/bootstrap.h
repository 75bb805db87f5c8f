// Intervals by resampling users: what would the metric be with other users of the same kind?
// (Efron & Tibshirani 1993, percentile intervals.)
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace marquee::evaluation {

struct Interval {
  double value = 0, low = 0, high = 0;  // low <= value <= high
  bool operator==(const Interval&) const = default;

  bool excludes_zero() const { return low > 0 || high < 0; }
};

// A metric as a ratio of sums over users, Σ sums ÷ Σ weights. An average has a weight of 1 for
// each user it is defined for and 0 for the others.
struct PerUser {
  std::vector<double> sums;     // [users]
  std::vector<double> weights;  // [users], or empty: 1 each
};

struct BootstrapOptions {
  uint64_t seed = 1;
  int resamples = 1'000;
};

// A metric's value, and its value in each resample of the users (NaN where no user has a weight).
struct Resampled {
  double value = 0;
  std::vector<double> resamples;

  Interval interval() const;  // 95 %
};

// Of two metrics that were resampled with the same users and options.
Resampled difference(const Resampled& a, const Resampled& b);
Resampled ratio(const Resampled& a, const Resampled& b);  // a / b; NaN where b is 0

// Resamples users with repetition. All metrics see the same resamples. The result depends on the
// input and the seed alone, not on the number of threads. All metrics must have the same number of
// users, above 0.
std::vector<Resampled> bootstrap(std::span<const PerUser* const> metrics,
                                 const BootstrapOptions& options);

// For metrics of all users together that are no ratio of sums, such as the share of the catalogue
// that anyone was shown: value ± 1.96 standard errors of the grouped jackknife, kept within
// [0, 1]. Resampling with repetition would show fewer distinct titles and so be biased; the
// jackknife errs towards wider intervals (Efron & Stein 1981). `without_group`: the metric
// recomputed without each group of users in turn.
Interval jackknife(double value, std::span<const double> without_group);

}  // namespace marquee::evaluation
