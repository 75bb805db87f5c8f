// Statistics of a dataset, for `marquee inspect`: how long histories are, how concentrated
// interactions are, when they happened, how many titles have which features.
#pragma once

#include <array>
#include <cstdint>

#include "data/dataset.h"

namespace marquee::data {

struct Statistics {
  int64_t users = 0;
  int64_t titles = 0;
  int64_t titles_with_interactions = 0;  // with at least one interaction
  int64_t interactions = 0;
  std::array<int64_t, 4> parts{};   // by Part
  std::array<int64_t, 7> events{};  // by Event
  // Interactions a user: the 0, 25, 50, 75, 90 and 100 % quantiles.
  std::array<int64_t, 6> history_quantiles{};
  double top_1_percent = 0;  // share of interactions that fall on the most popular 1 % of titles
  double top_10_percent = 0;
  double gini = 0;  // of interactions over titles: 0 even, 1 all on one
  int64_t first_time = 0;
  int64_t last_time = 0;
  std::array<double, kFeatures> coverage{};  // share of titles with at least one name
  std::array<int64_t, kFeatures> vocabulary{};
  double year_coverage = 0;
  double country_coverage = 0;

  double density() const;  // share of user-title pairs with an interaction
};

Statistics statistics(const Dataset& dataset);

}  // namespace marquee::data
