// Heads that predict a user's feedback on a title: how much of it they watch, its rating. Small
// networks over the state and the title's vector, learned beside the ranking (multi-task learning).
#pragma once

#include <ATen/core/Tensor.h>
#include <torch/nn/module.h>
#include <torch/nn/modules/linear.h>
#include <torch/nn/pimpl.h>

namespace marquee::models {

// sigmoid(w · GELU(W [u; v; u ⊙ v])): a share from 0 to 1.
struct FeedbackHeadImpl : torch::nn::Module {
  explicit FeedbackHeadImpl(int64_t dim);

  // states, vectors: [..., dim] → [...], before the sigmoid.
  at::Tensor forward(const at::Tensor& states, const at::Tensor& vectors);

 private:
  torch::nn::Linear join_{nullptr}, out_{nullptr};
};
TORCH_MODULE(FeedbackHead);

// Losses over the targets whose share is known; 0 where none is. logits, shares: [targets], NaN for
// what is not known.
at::Tensor known_cross_entropy(const at::Tensor& logits, const at::Tensor& shares);
at::Tensor known_squared_error(const at::Tensor& logits, const at::Tensor& shares);

}  // namespace marquee::models
