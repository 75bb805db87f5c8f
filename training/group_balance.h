// Groups of members that count the same in what is learned, however many members each has.
#pragma once

#include <cstdint>
#include <vector>

#include "data/member_groups.h"

namespace marquee::training {

// How often what a member did is learned from, in the mean over epochs: [users]. targets: [users],
// how many of each are learned from. strength 1: every group has the same part in all targets; 0:
// the part that it has of them; between: in proportion to that part to the power of 1 - strength.
// The known groups together keep their part; members of no known group count once.
std::vector<double> balanced_weights(const data::MemberGroups& groups,
                                     const std::vector<int64_t>& targets, double strength);

}  // namespace marquee::training
