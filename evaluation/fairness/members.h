// For which members lists are worse: NDCG@10 of groups of members against that of all others.
#pragma once

#include <string>
#include <vector>

#include "evaluation/answers.h"
#include "evaluation/bootstrap.h"

namespace marquee::evaluation {

// Smaller groups are not reported: their values would be those of single people.
inline constexpr int64_t kLeastGroup = 10;  // members
inline constexpr size_t kMostGroups = 50;   // of an attribute, the largest

struct MemberGroup {
  std::string name;
  int64_t members = 0;
  Interval ndcg;             // at 10
  Interval gap;              // (this − that of all other members) / that of all other members
  double p = 1, holm_p = 1;  // of no difference; among all groups of all attributes
};

struct MemberAttribute {
  std::string name;
  std::vector<MemberGroup> groups;
  int64_t left_out = 0;  // members without a value, or in groups that are too small or too many
};

struct MemberFairness {
  Interval ndcg;         // of all
  Interval worst_tenth;  // mean of the tenth of members with the lowest (CVaR)
  std::vector<MemberAttribute> attributes;
};

// What members are grouped by.
std::vector<std::string> member_attributes(const data::Dataset& dataset);

// By every attribute of the users file; by activity, four groups of equal size by the length of the
// history; and by taste, four groups by how popular the titles of the history are.
MemberFairness member_fairness(const Questions& questions, const Answers& answers,
                               const BootstrapOptions& bootstrap);

}  // namespace marquee::evaluation
