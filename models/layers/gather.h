// Rows of a table by number, and weighted sums of them, with gradients that processors sum quickly.
#pragma once

#include <ATen/core/Tensor.h>

namespace marquee::models {

// table: [rows, dim], numbers: any shape, int64 → [..., dim]. As at::embedding, which it is on a
// GPU and where there is no gradient; the gradient's sums are in the order of the numbers.
at::Tensor gather(const at::Tensor& table, const at::Tensor& numbers);

// The sum of weights * rows of each bag, without row 0. numbers: [bags, columns] int64, weights:
// [bags, columns] → [bags, dim]. As at::embedding_bag, which it is on a GPU, in mode "sum".
at::Tensor weighted_bags(const at::Tensor& table, const at::Tensor& numbers,
                         const at::Tensor& weights);

}  // namespace marquee::models
