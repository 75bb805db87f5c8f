// Tastes: genres, people, titles and users are vectors in one small space, and a title suits a user
// as far as the two point the same way.
#pragma once

#include <array>

#include "core/random.h"
#include "data/synth/constants.h"

namespace marquee::data::synth {

using Taste = std::array<float, kTasteDims>;

// Four sums side by side: the exposed titles of every event are scored by this.
inline float dot(const Taste& a, const Taste& b) {
  std::array<float, 4> sums{};
  for (size_t i = 0; i < a.size(); i += 4) {
    for (size_t j = 0; j < 4; ++j) sums[j] += a[i + j] * b[i + j];
  }
  return (sums[0] + sums[1]) + (sums[2] + sums[3]);
}

void add(Taste& sum, const Taste& part, float weight);
Taste unit(const Taste& taste);                         // of length 1
Taste any_direction(RandomStream& random);              // uniform on the sphere
Taste mix(const Taste& a, const Taste& b, float of_b);  // unit(a (1 - of_b) + b of_b)

}  // namespace marquee::data::synth
