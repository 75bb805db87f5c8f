// Sums over members with noise, from which no member can be distinguished: what ials learns under
// train.privacy (Chien et al. 2021, "Private alternating least squares"). The noise is Gaussian and
// so large as the caller says, in units of the most that one member changes a sum.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

#include "core/random.h"
#include "models/classic/interaction_matrix.h"

namespace marquee::models {

// At most `most` values of each row, drawn at random. The stream has to be a secret one: with draws
// that can be repeated, a member more would change which titles of the others are drawn.
SparseRows sampled_rows(const SparseRows& rows, int64_t most, RandomStream& random);

// How many members have each title, with noise, not below 0: [titles + 1]. `titles_of_user` has at
// most `most` titles a member.
std::vector<int64_t> noisy_counts(const InteractionMatrix& interactions, int64_t most, double noise,
                                  RandomStream& random);

struct MemberSums {
  at::Tensor gramian;    // [dim, dim] Σ w wᵀ over all members, made positive semidefinite
  at::Tensor of_titles;  // [titles + 1, dim] Σ w over the members with the title
};

// Both together cost as much as one sum with this noise. vectors: [users, dim], none longer than 1;
// `interactions` has at most `most` titles a member.
MemberSums noisy_sums(const InteractionMatrix& interactions, const at::Tensor& vectors,
                      int64_t most, double noise, RandomStream& random);

}  // namespace marquee::models
