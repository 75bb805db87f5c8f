// Tastes of real members, from what they watched: so that members of a dataset can be simulated.
#pragma once

#include <cstdint>
#include <vector>

#include "data/dataset.h"
#include "data/synth/taste.h"

namespace marquee::policy {

struct FittedTastes {
  std::vector<data::synth::Taste> titles;   // [titles], title 1 of the dataset first
  std::vector<data::synth::Taste> members;  // [members]
  // How likely members are, on average, to choose the title that they watched out of 40 that are
  // drawn by popularity: the geometric mean, of interactions that the tastes were not fitted to.
  double chosen = 0;
  int64_t choices = 0;
};

// Directions of taste are the first singular vectors of who watched what, each interaction weighed
// down by how much its member and its title have (correspondence analysis), without the one that
// is popularity. How much they weigh in a choice is fitted by maximum likelihood to validation and
// test interactions. The taste of a title that is watched is synth::kUsualMatch away from its
// members' on average. The same whatever the number of threads. Throws Error for a dataset with too
// few interactions to say.
FittedTastes fitted_tastes(const data::Dataset& dataset);

}  // namespace marquee::policy
