// The Gibbs step of one side of a factorisation: every row's vector given its ratings.
#pragma once

#include <string_view>
#include <vector>

#include "models/ratings/rated.h"

namespace marquee::models {

// What the rows are drawn from. Vectors are [dim - 1 factors, bias].
struct RowsGiven {
  const RatedRows& ratings;
  const std::vector<double>& others;     // [columns, dim] the other side's vectors
  const std::vector<double>& means;      // [rows, dim] of the prior
  const std::vector<double>& precision;  // [dim, dim] of the prior
  double noise;                          // precision of a rating
  double mean_rating;
};

// → [rows, dim]. Random numbers come from one stream a row, so that the draw does not depend on the
// number of threads.
std::vector<double> draw_rows(const RowsGiven& given, uint64_t seed, std::string_view stream,
                              int64_t round);

// Sum of squared errors of all ratings: rows · others.
double squared_errors(const RatedRows& ratings, const std::vector<double>& rows,
                      const std::vector<double>& others, double mean_rating);

}  // namespace marquee::models
