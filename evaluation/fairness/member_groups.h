// What members are grouped by.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "evaluation/answers.h"
#include "evaluation/bootstrap.h"

namespace marquee::evaluation {

// Smaller groups are not reported: their values would be those of single people.
inline constexpr int64_t kLeastGroup = 10;  // members
inline constexpr size_t kMostGroups = 50;   // of an attribute, the largest

// Of which group each member is; "": of none.
struct Grouping {
  std::string name;
  std::vector<std::string> group;  // [test users]
};

// The names of groupings().
std::vector<std::string> member_attributes(const data::Dataset& dataset);

// By every attribute of the users file; by activity, four groups of equal size by the length of the
// history; and by taste, four groups by how popular the titles of the history are.
std::vector<Grouping> groupings(const Questions& questions);

// How many members each group has.
std::map<std::string, int64_t> group_sizes(const std::vector<std::string>& group);

// Names of the groups that are reported: the largest, and not too small a part of `all`.
std::vector<std::string> reported(const std::map<std::string, int64_t>& sizes, int64_t all);

// The metric of those for whom `in` is true.
PerUser only(const PerUser& all, const std::vector<bool>& in);

}  // namespace marquee::evaluation
