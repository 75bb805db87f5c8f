// What lists have more of than the histories they were made from: popular titles, and genres.
#pragma once

#include <string>
#include <vector>

#include "evaluation/answers.h"
#include "evaluation/bootstrap.h"

namespace marquee::evaluation {

// Each member counts as much as any other; a title with several genres counts for each in equal
// parts.
struct GenreShift {
  std::string name;
  double history = 0;  // mean share of the members' histories
  Interval lists;      // mean share of their lists of ten
  Interval ratio;      // lists / history
};

struct Amplification {
  std::string attribute, group;  // "" and "": all members
  int64_t members = 0;
  // (mean popularity of titles in lists - the same of histories) / that of histories, where the
  // popularity of a title is the number of members with it in their history (Abdollahpouri et al.,
  // The Unfairness of Popularity Bias in Recommendation, 2019).
  Interval popularity_lift;
  std::vector<GenreShift> genres;  // those of most histories first
};

// Of all members, then of each group of member_groups.h that is reported.
std::vector<Amplification> amplification(const Questions& questions, const Answers& answers,
                                         const BootstrapOptions& bootstrap);

}  // namespace marquee::evaluation
