// Softmax cross-entropy over all titles with its gradients, for processors: the scores of a block
// of rows stay in the cache from their making to the last gradient, and are never stored (as in
// Wijmans et al. 2024, Cut Your Losses). The result is the same on any number of threads.
#pragma once

#include <cstdint>

namespace marquee::models {

// All row by row, without gaps.
struct SoftmaxRows {
  const float* states;     // [rows, dim]
  const float* vectors;    // [titles, dim]
  const int64_t* targets;  // [rows] in 0..titles - 1
  const float* weights;    // [rows], of each in the sum
  int64_t rows, titles, dim;
  bool narrow;  // products, as for kernels()
};

// states_gradient: [rows, dim]; vectors_gradient: [titles, dim] → the weighted sum of -log
// softmax(states · vectorsᵀ) at the targets.
double softmax_cross_entropy(const SoftmaxRows& problem, float* states_gradient,
                             float* vectors_gradient);

}  // namespace marquee::models
