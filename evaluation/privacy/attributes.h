// Attribute inference: whether what a model knows of people says which group they are in, for every
// column of the users file.
#pragma once

#include <string>
#include <vector>

#include "evaluation/bootstrap.h"
#include "evaluation/privacy/traces.h"

namespace marquee::evaluation {

inline constexpr size_t kMostProbedGroups = 20;  // of an attribute, the largest

struct ProbedGroup {
  std::string name;
  int64_t people = 0;
  Interval auc;
};

struct ProbedAttribute {
  std::string name;
  std::vector<ProbedGroup> groups;  // empty: there are no two that are large enough
  int64_t left_out = 0;             // people without a value, or in groups too small or too many
  Interval auc;
  double shuffled_high = 0;
  double p = 1, holm_p = 1;  // holm_p: among all attributes
};

// Every column of the users file. Groups of fewer than kLeastGroup are left out.
std::vector<ProbedAttribute> probe_attributes(const data::Dataset& dataset, const People& people,
                                              const Traces& traces,
                                              const BootstrapOptions& options);

}  // namespace marquee::evaluation
