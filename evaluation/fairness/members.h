// For which members lists are worse: NDCG@10 of groups of members against that of all others.
#pragma once

#include <string>
#include <vector>

#include "evaluation/answers.h"
#include "evaluation/bootstrap.h"

namespace marquee::evaluation {

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

// By each grouping of member_groups.h.
MemberFairness member_fairness(const Questions& questions, const Answers& answers,
                               const BootstrapOptions& bootstrap);

}  // namespace marquee::evaluation
