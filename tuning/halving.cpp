#include "tuning/halving.h"

#include <algorithm>

namespace marquee::tuning {

namespace {
constexpr int64_t kFactor = 3;

int64_t divided_up(int64_t value, int64_t by) { return (value + by - 1) / by; }
}  // namespace

std::vector<Rung> rungs(int64_t trials, int64_t epochs, int64_t step) {
  std::vector<Rung> result = {{1, epochs}};
  // From the last rung back, while there are trials to drop and epochs to save.
  int64_t survivors = 1, share = kFactor;
  while (survivors * kFactor <= trials) {
    const int64_t earlier = divided_up(divided_up(epochs, share), step) * step;
    if (earlier >= result.front().epochs) break;
    survivors *= kFactor;
    result.insert(result.begin(), {survivors, earlier});
    share *= kFactor;
  }
  // All trials begin; what is beyond the powers of three goes into the first rung.
  int64_t left = trials;
  for (Rung& rung : result) {
    rung.trials = left;
    left = std::max<int64_t>(1, divided_up(left, kFactor));
  }
  return result;
}

}  // namespace marquee::tuning
