// The ratings of the training data, by user and by title.
#pragma once

#include "models/classic/interaction_matrix.h"

namespace marquee::models {

struct RatedRows {
  SparseRows others;          // the titles that a user rated, or the users who rated a title
  std::vector<float> values;  // [others.values] the ratings, in units

  std::span<const float> ratings(int64_t row) const {
    const auto at = [&](int64_t r) {
      return static_cast<size_t>(others.offsets[static_cast<size_t>(r)]);
    };
    return std::span(values).subspan(at(row), at(row + 1) - at(row));
  }
};

struct Rated {
  // Train ratings, divided by `unit`. Throws Error if there are none.
  explicit Rated(const data::Dataset& dataset);

  // What the models count ratings in, so that the same priors fit every scale: a fifth of its
  // width.
  static float unit(const data::RatingScale& scale) { return scale.width() / 5; }

  RatedRows of_user;   // [users]
  RatedRows of_title;  // [titles + 1]; row 0 is empty
  float lowest = 0, highest = 0;
  double mean = 0;
};

}  // namespace marquee::models
