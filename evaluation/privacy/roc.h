// How well a score separates people of one kind from all others: the area under the ROC curve, and
// the share that is found where hardly anybody else is taken for one of them.
#pragma once

#include <utility>
#include <vector>

#include "evaluation/bootstrap.h"

namespace marquee::evaluation {

struct SeparatedScores {
  std::vector<double> in, out;  // of people of the kind, and of the others; neither is empty
};

// P(in > out) + P(in = out) / 2 for a person of each kind.
double area_under_curve(const SeparatedScores& scores);

struct Area {
  Interval auc;  // 95 %, within [0, 1]
  double p = 1;  // of an area of 0.5, two-sided
};

// With the standard error of DeLong, DeLong & Clarke-Pearson (Biometrics 44(3), 1988). 0 to 1 where
// a kind has a single person.
Area area_with_interval(const SeparatedScores& scores);

// The share of `in` above a threshold that at most `false_share` of `out` are above (Carlini et
// al., IEEE S&P 2022). Equal scores are on one side of it.
double found_at(const SeparatedScores& scores, double false_share);
// By resampling people of both kinds, and with them the threshold.
Interval found_with_interval(const SeparatedScores& scores, double false_share,
                             const BootstrapOptions& bootstrap);

// (share of `out`, share of `in`) for every hundredth of `out`, from (0, 0) to (1, 1).
std::vector<std::pair<double, double>> roc_curve(const SeparatedScores& scores);

}  // namespace marquee::evaluation
