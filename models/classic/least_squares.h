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

// The columns of each row, which have target 1, and others, which have another target.
struct TargetRows {
  const SparseRows& ones;
  const SparseRows* others = nullptr;  // as many rows; null: there are none
  double target = 0;                   // of the others
};

// For each row r, over the vectors h_i of all columns (`features`: [columns, dim] float),
//   w_r = argmin  Σ_{i in ones[r]} (w·h_i − 1)² + Σ_{i in others[r]} (w·h_i − target)²
//                 + unobserved Σ_i (w·h_i)² + penalties[r] |w|²
// which is exact: a Cholesky factorisation a row, on all threads, the same whatever their number.
RowSolutions solve_rows(const TargetRows& rows, const at::Tensor& features, double unobserved,
                        const std::vector<double>& penalties);

}  // namespace marquee::models
