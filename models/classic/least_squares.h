// One side of implicit alternating least squares: every row's vector, given the other side's.
#pragma once

#include <ATen/core/Tensor.h>

#include <vector>

#include "models/classic/interaction_matrix.h"

namespace marquee::models {

struct RowSolutions {
  at::Tensor vectors;  // [rows, dim] float
  double objective;    // Σ over rows of what each minimises, at the minimum
};

// For each row r of `rows`, over the vectors h_i of all columns (`features`: [columns, dim] float),
//   w_r = argmin  Σ_{i in row r} (w·h_i − 1)² + unobserved Σ_i (w·h_i)² + penalties[r] |w|²
// which is exact: a Cholesky factorisation a row, on all threads, the same whatever their number.
RowSolutions solve_rows(const SparseRows& rows, const at::Tensor& features, double unobserved,
                        const std::vector<double>& penalties);

}  // namespace marquee::models
