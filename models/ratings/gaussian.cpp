#include "models/ratings/gaussian.h"

#include <cmath>

#include "core/error.h"

namespace marquee::models {

Cholesky::Cholesky(std::vector<double> a, int64_t dim) : dim_(dim), factor_(std::move(a)) {
  for (int64_t i = 0; i < dim; ++i) {
    double* const row_i = factor_.data() + i * dim;
    for (int64_t j = 0; j <= i; ++j) {
      const double* const row_j = factor_.data() + j * dim;
      double sum = row_i[j];
      for (int64_t k = 0; k < j; ++k) sum -= row_i[k] * row_j[k];
      if (i > j) {
        row_i[j] = sum / row_j[j];
      } else if (sum > 0) {
        row_i[i] = std::sqrt(sum);
      } else {
        throw system_error(
            "a covariance is not positive definite: the ratings or the learned "
            "vectors have diverged; check the ratings, or train with another seed");
      }
    }
    for (int64_t j = i + 1; j < dim; ++j) row_i[j] = 0;
  }
}

void Cholesky::solve_forward(double* x) const {
  for (int64_t i = 0; i < dim_; ++i) {
    double sum = x[i];
    for (int64_t k = 0; k < i; ++k) sum -= row(i)[k] * x[k];
    x[i] = sum / row(i)[i];
  }
}

void Cholesky::solve_transposed(double* x) const {
  for (int64_t i = dim_; i-- > 0;) {
    x[i] /= row(i)[i];
    for (int64_t k = 0; k < i; ++k) x[k] -= row(i)[k] * x[i];
  }
}

void Cholesky::solve(double* x) const {
  solve_forward(x);
  solve_transposed(x);
}

void add_normal(const Cholesky& a, double scale, RandomStream& random, double* x) {
  thread_local std::vector<double> draw;
  draw.clear();
  for (int64_t i = 0; i < a.dim(); ++i) draw.push_back(random.normal());
  a.solve_transposed(draw.data());
  for (int64_t i = 0; i < a.dim(); ++i) x[i] += draw[static_cast<size_t>(i)] / std::sqrt(scale);
}

double draw_gamma(double shape, double rate, RandomStream& random) {
  if (shape < 1) {
    return draw_gamma(shape + 1, rate, random) * std::pow(1 - random.uniform(), 1 / shape);
  }
  const double d = shape - 1.0 / 3, c = 1 / std::sqrt(9 * d);
  for (;;) {
    const double x = random.normal();
    const double v = std::pow(1 + c * x, 3);
    if (v <= 0) continue;
    if (std::log(1 - random.uniform()) < 0.5 * x * x + d - d * v + d * std::log(v)) {
      return d * v / rate;
    }
  }
}

std::vector<double> draw_wishart(const std::vector<double>& inverse_scale, int64_t dim,
                                 double degrees, RandomStream& random) {
  // The scale matrix is L⁻ᵀL⁻¹ with LLᵀ its inverse, so the draw is (L⁻ᵀA)(L⁻ᵀA)ᵀ.
  const Cholesky inverse(inverse_scale, dim);
  const auto at = [dim](int64_t r, int64_t c) { return static_cast<size_t>(r * dim + c); };
  std::vector<double> columns(static_cast<size_t>(dim * dim), 0.0);  // row c: column c of A
  for (int64_t r = 0; r < dim; ++r) {
    columns[at(r, r)] =
        std::sqrt(2 * draw_gamma((degrees - static_cast<double>(r)) / 2, 1, random));
    for (int64_t c = 0; c < r; ++c) columns[at(c, r)] = random.normal();
  }
  for (int64_t c = 0; c < dim; ++c) inverse.solve_transposed(columns.data() + c * dim);
  std::vector<double> draw(static_cast<size_t>(dim * dim), 0.0);
  for (int64_t c = 0; c < dim; ++c) {
    for (int64_t i = 0; i < dim; ++i) {
      for (int64_t j = 0; j < dim; ++j) draw[at(i, j)] += columns[at(c, i)] * columns[at(c, j)];
    }
  }
  return draw;
}

}  // namespace marquee::models
