// A title's year and runtime as models take them: in buckets, 0 where unknown.
#pragma once

#include <algorithm>
#include <cstdint>

namespace marquee::data {

inline constexpr int64_t kYearBuckets = 40;
inline constexpr int64_t kRuntimeBuckets = 20;

// Five years a bucket, from 1900.
inline int64_t year_bucket(int year) {
  return year < 1'900 ? 0 : std::min<int64_t>(1 + (year - 1'900) / 5, kYearBuckets);
}

// A quarter of an hour a bucket.
inline int64_t runtime_bucket(int minutes) {
  return minutes <= 0 ? 0 : std::min<int64_t>(1 + minutes / 15, kRuntimeBuckets);
}

}  // namespace marquee::data
