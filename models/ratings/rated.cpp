#include "models/ratings/rated.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "core/error.h"
#include "core/text.h"

namespace marquee::models {

namespace {

RatedRows transposed(const RatedRows& rows, int64_t columns) {
  RatedRows result;
  auto& offsets = result.others.offsets;
  offsets.assign(static_cast<size_t>(columns) + 1, 0);
  for (const uint32_t column : rows.others.values) ++offsets[column + 1];
  std::partial_sum(offsets.begin(), offsets.end(), offsets.begin());
  std::vector<int64_t> next(offsets.begin(), offsets.end() - 1);
  result.others.values.resize(rows.others.values.size());
  result.values.resize(rows.values.size());
  for (int64_t row = 0; row < rows.others.rows(); ++row) {
    const auto others = rows.others[row];
    const auto ratings = rows.ratings(row);
    for (size_t i = 0; i < others.size(); ++i) {
      const auto place = static_cast<size_t>(next[others[i]]++);
      result.others.values[place] = static_cast<uint32_t>(row);
      result.values[place] = ratings[i];
    }
  }
  return result;
}

}  // namespace

Rated::Rated(const data::Dataset& dataset) {
  const float one = unit(dataset.rating_scale());
  of_user.others.offsets.push_back(0);
  for (int64_t user = 0; user < dataset.users(); ++user) {
    const data::History history = dataset.history(user);
    for (size_t i = 0; i < history.titles.size(); ++i) {
      const bool rated = history.parts[i] == data::Part::kTrain &&
                         history.events[i] == data::Event::kRating &&
                         !std::isnan(history.values[i]);
      if (!rated) continue;
      of_user.others.values.push_back(history.titles[i]);
      of_user.values.push_back(history.values[i] / one);
    }
    of_user.others.offsets.push_back(std::ssize(of_user.values));
  }
  const auto& ratings = of_user.values;
  if (ratings.empty()) {
    throw Error(
        cat("dataset ", dataset.name(),
            " has no ratings to learn from in its train part; ials, neural_cf and two_tower "
            "learn from interactions without ratings"));
  }
  of_title = transposed(of_user, dataset.catalogue().size() + 1);
  const auto [low, high] = std::minmax_element(ratings.begin(), ratings.end());
  lowest = *low;
  highest = *high;
  mean = std::accumulate(ratings.begin(), ratings.end(), 0.0) / static_cast<double>(ratings.size());
}

}  // namespace marquee::models
