// Properties of recommendation lists other than accuracy: how much of the catalogue is shown, how
// novel and how varied it is, and how close to each user's own taste.
#pragma once

#include <array>
#include <vector>

#include "evaluation/answers.h"
#include "evaluation/user_metrics.h"

namespace marquee::evaluation {

// novelty@10, serendipity@10, popularity_lift@10 and, where titles have genres, diversity@10 and
// calibration@10.
// Definitions and sources: docs/evaluation.md.
std::vector<UserMetric> beyond_accuracy_metrics(const data::Dataset& dataset,
                                                const TestUsers& test_users,
                                                const Answers& answers);

// Of all lists together: the share of the catalogue that anyone was shown, and how unequally the
// places were given to titles (0: equally, 1: all to one).
struct Exposure {
  Interval coverage, gini;
};
Exposure exposure(const TestUsers& test_users, const Answers& answers);

// Titles in ten groups from the least to the most popular, each with about a tenth of all
// interactions.
class PopularityGroups {
 public:
  using Shares = std::array<double, 10>;

  explicit PopularityGroups(const TestUsers& test_users);

  // How these titles fall into the groups; title 0 does not count.
  Shares shares(const std::vector<uint32_t>& titles) const;

 private:
  std::vector<uint8_t> groups_;  // [titles + 1]
};

}  // namespace marquee::evaluation
