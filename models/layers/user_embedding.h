// A vector of every user that was trained on, by id, as in matrix factorisation.
#pragma once

#include <torch/nn/module.h>
#include <torch/nn/pimpl.h>

#include <cstdint>
#include <vector>

namespace marquee::models {

// What users get that have no vector of their own.
enum class UnknownUser { kMean, kZero };

struct UserEmbeddingImpl : torch::nn::Module {
  // train_counts: [users]; those with 0 have no vector. dropout: the share of rows that are those
  // of an unknown user in training.
  UserEmbeddingImpl(int64_t dim, const std::vector<int64_t>& train_counts, UnknownUser unknown,
                    double dropout = 0);

  // users: [n] int64, 1 and up in the order of train_counts, 0: unknown → [n, dim].
  at::Tensor forward(const at::Tensor& users);

 private:
  at::Tensor unknown() const;  // [dim]

  UnknownUser unknown_;
  double dropout_;
  at::Tensor embedding_;  // [users + 1, dim]
  at::Tensor learned_;    // [users + 1, 1] float, 0 or 1
};
TORCH_MODULE(UserEmbedding);

}  // namespace marquee::models
