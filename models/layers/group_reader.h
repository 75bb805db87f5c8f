// Hides groups of members in their vectors: training is against the reader that knows most.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

namespace marquee::models {

// How much of the groups the best linear reader of these very vectors knows, from 0 to 1: a ridge
// regression of each group, in closed form; the share of its variance that is explained, the mean
// over groups. Adversarial training (Ganin et al., JMLR 2016; for recommenders Li et al., SIGIR
// 2021) has a reader that learns beside the vectors and is always late; this one never is, and has
// a gradient.
//   vectors: [n, dim]; groups: [n] int64, 0 to count - 1, or -1 where it is not known → scalar, 0
//   where no two groups are there
at::Tensor read_by_the_best(const at::Tensor& vectors, const at::Tensor& groups, int64_t count);

}  // namespace marquee::models
