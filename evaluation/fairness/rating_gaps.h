// For which members predicted ratings are further from those they gave: each group of members
// against all others, in stars (Yao & Huang, Beyond Parity, NeurIPS 2017).
#pragma once

#include <array>
#include <span>
#include <string>
#include <vector>

#include "evaluation/answers.h"
#include "evaluation/bootstrap.h"

namespace marquee::evaluation {

// With e(group, title) the mean predicted less the mean given rating of a title by a group, means
// over titles that both rated of the absolute difference between the groups of
//   value: e; absolute: |e|; underestimation: max(0, -e); overestimation: max(0, e);
// and non-parity: the absolute difference of the mean predicted ratings.
inline constexpr std::array<const char*, 5> kRatingGaps = {"value", "absolute", "underestimation",
                                                           "overestimation", "non_parity"};
using RatingGapValues = std::array<double, kRatingGaps.size()>;

// Ratings that test members gave, and what was predicted.
struct RatedTargets {
  std::vector<uint32_t> member, title;  // [ratings], members from 0 on, titles from 0 on
  std::vector<float> rating, predicted;
  uint32_t members = 0, titles = 0;
};

// Ratings without a prediction are left out; titles are numbered anew.
RatedTargets rated_targets(const TestUsers& test_users, const std::vector<float>& predicted);

// `counts`: how often each member counts; NaN where the groups share no title.
RatingGapValues rating_gaps(const RatedTargets& rated, const std::vector<bool>& in_group,
                            std::span<const double> counts);

struct RatingGap {
  Interval value;            // centred (distances.h)
  double by_chance = 0;      // mean of groups of the same size, drawn at random
  double p = 1, holm_p = 1;  // of such groups being as far apart; among all groups
};

struct RatingGroup {
  std::string name;
  int64_t members = 0;  // with ratings
  std::array<RatingGap, kRatingGaps.size()> gaps;
};

struct RatingAttribute {
  std::string name;
  std::vector<RatingGroup> groups;
};

// Nothing where the bundle predicts no ratings or members gave none. p values are of permutations,
// so none is below 1 / (1 + resamples).
std::vector<RatingAttribute> rating_fairness(const Questions& questions, const Answers& answers,
                                             const BootstrapOptions& bootstrap);

}  // namespace marquee::evaluation
