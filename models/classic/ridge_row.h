// One small ridge regression, the inner loop of alternating least squares, written once in vector
// extensions and compiled for each instruction set.
#pragma once

#include <cstdint>

namespace marquee::models {

inline constexpr int64_t kRidgeLanes = 32;   // rows of features are padded with 0 to a multiple
inline constexpr int64_t kRidgeChunk = 128;  // rows of features looked at a time

// Space for one problem, of which a thread needs one: floats, aligned to 64 bytes.
int64_t ridge_row_workspace(int64_t dim);

// Minimises Σ_i (a_i·w − t_i)² + Σ_d penalty_d w_d² over w, where the a_i are `count` rows of
// features; the last `others` have the target t_i = target, those before them 1.
//   features: [rows, dim], dim a multiple of kRidgeLanes, aligned to 64 bytes
//   rows:     [count] which of them
//   penalty:  [dim], above 0
//   solution: [dim]
// → the value of the objective at its minimum.
struct RidgeRow {
  const float* features;
  int64_t dim;
  const uint32_t* rows;
  int64_t count;
  const float* penalty;
  float* workspace;
  float* solution;
  int64_t others = 0;
  float target = 0;
};
double solve_ridge_row(const RidgeRow& problem);

}  // namespace marquee::models
