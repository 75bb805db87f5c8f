#include "models/ratings/draw_rows.h"

#include <cmath>
#include <numeric>

#include "core/threads.h"
#include "models/ratings/gaussian.h"

namespace marquee::models {

namespace {

int64_t dim_of(const RowsGiven& given) {
  return static_cast<int64_t>(std::sqrt(static_cast<double>(given.precision.size())) + 0.5);
}

// The row's posterior: precision × mean in `right`, the lower triangle of the precision in `left`.
void add_ratings(const RowsGiven& given, int64_t row, std::vector<double>& left, double* right) {
  const int64_t dim = dim_of(given);
  const auto columns = given.ratings.others[row];
  const auto ratings = given.ratings.ratings(row);
  std::vector<double> x(static_cast<size_t>(dim));
  for (size_t n = 0; n < columns.size(); ++n) {
    const double* const other = given.others.data() + columns[n] * dim;
    std::copy_n(other, dim - 1, x.begin());
    x[static_cast<size_t>(dim - 1)] = 1;
    const double unexplained = ratings[n] - given.mean_rating - other[dim - 1];
    for (int64_t i = 0; i < dim; ++i) {
      const double scaled = given.noise * x[static_cast<size_t>(i)];
      double* const line = left.data() + i * dim;
      for (int64_t j = 0; j <= i; ++j) line[j] += scaled * x[static_cast<size_t>(j)];
      right[i] += scaled * unexplained;
    }
  }
}

}  // namespace

std::vector<double> draw_rows(const RowsGiven& given, uint64_t seed, std::string_view stream,
                              int64_t round) {
  const int64_t dim = dim_of(given), rows = given.ratings.others.rows();
  std::vector<double> drawn(static_cast<size_t>(rows * dim), 0.0);
  parallel_for(rows, 64, [&](int64_t begin, int64_t end) {
    for (int64_t row = begin; row < end; ++row) {
      const double* const mean = given.means.data() + row * dim;
      double* const to = drawn.data() + row * dim;
      for (int64_t i = 0; i < dim; ++i) {
        to[i] = std::inner_product(mean, mean + dim, given.precision.data() + i * dim, 0.0);
      }
      std::vector<double> left = given.precision;
      add_ratings(given, row, left, to);
      const Cholesky posterior(std::move(left), dim);
      posterior.solve(to);
      RandomStream random(seed, stream, static_cast<uint64_t>(round * rows + row));
      add_normal(posterior, 1, random, to);
    }
  });
  return drawn;
}

double squared_errors(const RatedRows& ratings, const std::vector<double>& rows,
                      const std::vector<double>& others, double mean_rating) {
  const int64_t count = ratings.others.rows();
  const int64_t dim = count == 0 ? 0 : std::ssize(rows) / count;
  std::vector<double> of_row(static_cast<size_t>(count), 0.0);
  parallel_for(count, 256, [&](int64_t begin, int64_t end) {
    for (int64_t row = begin; row < end; ++row) {
      const double* const own = rows.data() + row * dim;
      const auto columns = ratings.others[row];
      for (size_t n = 0; n < columns.size(); ++n) {
        const double* const other = others.data() + columns[n] * dim;
        const double predicted = mean_rating + own[dim - 1] + other[dim - 1] +
                                 std::inner_product(own, own + dim - 1, other, 0.0);
        const double error = ratings.ratings(row)[n] - predicted;
        of_row[static_cast<size_t>(row)] += error * error;
      }
    }
  });
  return std::accumulate(of_row.begin(), of_row.end(), 0.0);
}

}  // namespace marquee::models
