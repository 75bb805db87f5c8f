#include "data/time_range.h"

#include <algorithm>
#include <ctime>
#include <limits>
#include <vector>

#include "data/limits.h"

namespace marquee::data {

namespace {

constexpr size_t kFewest = 20;
constexpr size_t kSample = 1'000'000;  // times looked at, evenly spread
constexpr int64_t kSpans = 3;
constexpr int64_t kDay = 86'400;

}  // namespace

TimeRange usual_times(std::span<const int64_t> times) {
  if (times.size() < kFewest) return {kMinTime, kMaxTime};
  const size_t stride = (times.size() + kSample - 1) / kSample;
  std::vector<int64_t> sample;
  for (size_t i = 0; i < times.size(); i += stride) sample.push_back(times[i]);
  const auto quantile = [&](double share) {
    const auto place = static_cast<std::ptrdiff_t>(share * static_cast<double>(sample.size() - 1));
    std::nth_element(sample.begin(), sample.begin() + place, sample.end());
    return sample[static_cast<size_t>(place)];
  };
  const int64_t low = quantile(0.01), high = quantile(0.99);
  const int64_t span = std::max(kDay, high - low);
  return {low - kSpans * span, high + kSpans * span};
}

std::string day(int64_t seconds) {
  const std::time_t time = seconds;
  std::tm utc{};
  char text[32] = "?";
  if (gmtime_r(&time, &utc) != nullptr) std::strftime(text, sizeof text, "%Y-%m-%d", &utc);
  return text;
}

}  // namespace marquee::data
