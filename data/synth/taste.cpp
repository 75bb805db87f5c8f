#include "data/synth/taste.h"

#include <cmath>

namespace marquee::data::synth {

void add(Taste& sum, const Taste& part, float weight) {
  for (size_t i = 0; i < sum.size(); ++i) sum[i] += weight * part[i];
}

Taste unit(const Taste& taste) {
  Taste result{};
  add(result, taste, 1 / std::sqrt(dot(taste, taste)));
  return result;
}

Taste any_direction(RandomStream& random) {
  Taste result;
  for (float& value : result) value = static_cast<float>(random.normal());
  return unit(result);
}

Taste mix(const Taste& a, const Taste& b, float of_b) {
  Taste result{};
  add(result, a, 1 - of_b);
  add(result, b, of_b);
  return unit(result);
}

}  // namespace marquee::data::synth
