// Numbers of a title as a model takes them: in steps, 0 where unknown.
#pragma once

#include <algorithm>
#include <cstdint>

namespace marquee::data {

inline constexpr int64_t kYearBuckets = 40;
inline constexpr int64_t kRuntimeBuckets = 20;

// By fives from 1900.
inline int64_t year_bucket(int year) {
  return year < 1'900 ? 0 : std::min<int64_t>(1 + (year - 1'900) / 5, kYearBuckets);
}

// By quarters of an hour.
inline int64_t runtime_bucket(int minutes) {
  return minutes <= 0 ? 0 : std::min<int64_t>(1 + minutes / 15, kRuntimeBuckets);
}

}  // namespace marquee::data
