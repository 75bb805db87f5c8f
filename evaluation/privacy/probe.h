// How well a linear probe finds out from numbers about people which group they are in.
#pragma once

#include <span>
#include <vector>

#include "evaluation/privacy/roc.h"

namespace marquee::evaluation {

inline constexpr int kProbeFolds = 5;
inline constexpr int kShuffles = 200;  // of labels

// labels: [people] the group of each, from 0; below 0: of none, and left out.
struct ProbeInput {
  std::span<const float> features;  // [people, width]
  size_t width = 0;
  std::span<const int> labels;
  int groups = 0;  // at least 2, each with at least kProbeFolds people
};

struct Probed {
  Interval auc;                // mean over groups, each against all others
  std::vector<Interval> each;  // [groups]
  double shuffled_high = 0;    // of 95 % of such means where labels are shuffled, the upper end
  double p = 1;                // share of shuffles that give at least this mean, and this one
};

// Ridge regression of each group's indicator on standardised features, five-fold: everybody is
// scored by a probe that was fitted on the others. Folds hold the same share of each group; labels
// are shuffled within them.
Probed probe(const ProbeInput& input, const BootstrapOptions& options);

}  // namespace marquee::evaluation
