// Intervals by resampling members: what would the figure have been, had other members of the same
// kind been judged? (Efron & Tibshirani 1993, percentile intervals.)
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

// A figure as a ratio of sums over members, Σ sums ÷ Σ weights. An average has a weight of 1 for
// each member it is defined for and 0 for the others.
struct PerUser {
  std::vector<double> sums;     // [members]
  std::vector<double> weights;  // [members], or empty: 1 each
};

struct BootstrapOptions {
  uint64_t seed = 1;
  int resamples = 1'000;
};

// A figure, and what it is in each resample of the members (NaN where none has a weight).
struct Resampled {
  double value = 0;
  std::vector<double> resamples;

  Interval interval() const;  // 95 %
};

// Of two figures that were resampled with the same members and options.
Resampled difference(const Resampled& a, const Resampled& b);

// Resamples members with repetition. All figures see the same resamples. The result depends on the
// input and the seed alone, not on the number of threads. All figures must have the same number of
// members, above 0.
std::vector<Resampled> bootstrap(std::span<const PerUser* const> metrics,
                                 const BootstrapOptions& options);

// For figures of all members together that are no ratio of sums, such as the share of the catalogue
// that anyone was shown: value ± 1.96 standard errors of the grouped jackknife, kept within
// [0, 1]. Resampling with repetition would show fewer distinct titles and so be biased; the
// jackknife errs towards wider intervals (Efron & Stein 1981). `without_group`: the figure
// recomputed without each group of members in turn.
Interval jackknife(double value, std::span<const double> without_group);

}  // namespace marquee::evaluation
