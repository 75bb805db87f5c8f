// The times that most events have: a few wrong timestamps should not decide what is new.
#pragma once

#include <cstdint>
#include <span>

namespace marquee::data {

struct TimeRange {
  int64_t first = 0, last = 0;  // Unix seconds, both included

  bool contains(int64_t time) const { return time >= first && time <= last; }
};

// From three spans before to three spans after the middle 98 % of the times; a span is how long
// those last, at least a day. All times where there are fewer than 20.
TimeRange usual_times(std::span<const int64_t> times);

}  // namespace marquee::data
