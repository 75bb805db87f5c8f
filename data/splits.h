// Which interactions a model is trained on and which it is evaluated on (docs/evaluation.md).
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "data/dataset.h"

namespace marquee::data {

enum class Split { kLeaveOneOut, kTemporal, kRandom, kStrong, kGiven };

struct SplitOptions {
  Split split = Split::kLeaveOneOut;
  uint64_t seed = 1;  // random and strong draw from it
};

std::string_view name(Split split);
Split parse_split(std::string_view name);  // throws Error that lists the names

// Interactions as they are sorted: by user, then time, then file order.
struct SortedInteractions {
  std::span<const uint64_t> offsets;  // [users + 1]
  std::span<const int64_t> times;
};

// Fills `parts` (one an interaction). For kGiven they hold what the file said and do not change.
//   leave-one-out  a user's last is test, the one before it valid; users with fewer than 3: train
//   temporal       train until the time by which 80 % of all have happened, valid until 90 %
//   random         each interaction by its own draw, 80/10/10
//   strong         10 % of users held out for valid and 10 % for test; the first 80 % of each one's
//                  history is given, the rest are targets; users with fewer than 5: train
// Same seed, same parts, whatever the number of threads.
void assign_parts(const SplitOptions& options, const SortedInteractions& interactions,
                  std::span<Part> parts);

// Facts about a split.
struct PartFacts {
  std::array<int64_t, 4> counts = {};  // by Part
  double future_leak = 0;              // share of train that is later than the median of test
};
PartFacts describe_parts(std::span<const int64_t> times, std::span<const Part> parts);

}  // namespace marquee::data
