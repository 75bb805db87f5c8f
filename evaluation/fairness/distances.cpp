#include "evaluation/fairness/distances.h"

#include <algorithm>
#include <cmath>

#include "core/random.h"
#include "core/threads.h"

namespace marquee::evaluation {

std::vector<Resampled> resample_members(int64_t members, const MemberMeasure& measure,
                                        const BootstrapOptions& options) {
  const auto resamples = static_cast<size_t>(options.resamples);
  std::vector<Resampled> result;
  for (const double value : measure(std::vector<double>(static_cast<size_t>(members), 1))) {
    result.push_back({value, std::vector<double>(resamples)});
  }
  parallel_for(options.resamples, 8, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      RandomStream random(options.seed, "members", static_cast<uint64_t>(i));
      std::vector<double> counts(static_cast<size_t>(members));
      for (int64_t n = 0; n < members; ++n) ++counts[random.below(static_cast<uint64_t>(members))];
      const std::vector<double> values = measure(counts);
      for (size_t m = 0; m < result.size(); ++m) {
        result[m].resamples[static_cast<size_t>(i)] = values[m];
      }
    }
  });
  return result;
}

Interval centred(Resampled distance) {
  double sum = 0, count = 0;
  for (const double each : distance.resamples) {
    if (std::isnan(each)) continue;
    sum += each;
    ++count;
  }
  const double bias = count > 0 ? sum / count - distance.value : 0;
  for (double& each : distance.resamples) {
    if (!std::isnan(each)) each = std::max(0.0, each - bias);
  }
  return distance.interval();
}

}  // namespace marquee::evaluation
