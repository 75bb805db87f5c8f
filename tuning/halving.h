// Successive halving: many trials get little, the better third of them three times as much, and so
// on (Jamieson & Talwalkar 2016; Li et al. 2018, Hyperband, with η = 3).
#pragma once

#include <cstdint>
#include <vector>

namespace marquee::tuning {

struct Rung {
  int64_t trials;
  int64_t epochs;  // that a trial has trained in total at its end
};

// The last rung has `epochs`; the first at least `step` and at least one survivor is left at each.
// All epochs are multiples of `step` but the last.
std::vector<Rung> rungs(int64_t trials, int64_t epochs, int64_t step);

}  // namespace marquee::tuning
