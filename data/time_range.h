// Times of events: those that most have, for a few wrong ones should not decide what is new; days.
#pragma once

#include <cstdint>
#include <span>
#include <string>

namespace marquee::data {

struct TimeRange {
  int64_t first = 0, last = 0;  // Unix seconds, both included

  bool contains(int64_t time) const { return time >= first && time <= last; }
};

// From three spans before to three spans after the middle 98 % of the times; a span is how long
// those last, at least a day. All times where there are fewer than 20.
TimeRange usual_times(std::span<const int64_t> times);

// The day in UTC, as 2026-01-31; ? for what no calendar has.
std::string day(int64_t seconds);

}  // namespace marquee::data
