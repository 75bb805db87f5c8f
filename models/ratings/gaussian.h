// Draws from the distributions of Bayesian matrix factorisation. Vectors and matrices are small,
// dense and row-major, in double precision.
#pragma once

#include <vector>

#include "core/random.h"

namespace marquee::models {

// A symmetric positive definite matrix A = LLᵀ.
class Cholesky {
 public:
  Cholesky() = default;
  // Throws Error if A (dim × dim) is not positive definite.
  Cholesky(std::vector<double> a, int64_t dim);

  void solve(double* x) const;             // x becomes A⁻¹x
  void solve_transposed(double* x) const;  // x becomes L⁻ᵀx
  int64_t dim() const { return dim_; }

 private:
  const double* row(int64_t r) const { return factor_.data() + r * dim_; }  // of L
  void solve_forward(double* x) const;                                      // x becomes L⁻¹x

  int64_t dim_ = 0;
  std::vector<double> factor_;
};

// Adds a draw from N(0, (scale A)⁻¹) to x.
void add_normal(const Cholesky& a, double scale, RandomStream& random, double* x);

// Gamma with mean shape / rate (Marsaglia & Tsang 2000).
double draw_gamma(double shape, double rate, RandomStream& random);

// Wishart with `degrees` of freedom, above dim - 1, and the inverse of its scale matrix (Bartlett's
// decomposition): dim × dim.
std::vector<double> draw_wishart(const std::vector<double>& inverse_scale, int64_t dim,
                                 double degrees, RandomStream& random);

}  // namespace marquee::models
