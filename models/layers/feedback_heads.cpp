#include "models/layers/feedback_heads.h"

#include <ATen/ops/binary_cross_entropy_with_logits.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/gelu.h>
#include <ATen/ops/isnan.h>
#include <ATen/ops/mse_loss.h>
#include <ATen/ops/sigmoid.h>

namespace marquee::models {

namespace {
// Shares that are not known become 0 and weigh nothing: no size depends on the data.
at::Tensor mean_of_known(const at::Tensor& losses, const at::Tensor& known) {
  return (losses * known).sum() / known.sum().clamp_min(1);
}
}  // namespace

FeedbackHeadImpl::FeedbackHeadImpl(int64_t dim) {
  join_ = register_module("join", torch::nn::Linear(3 * dim, dim));
  out_ = register_module("out", torch::nn::Linear(dim, 1));
}

at::Tensor FeedbackHeadImpl::forward(const at::Tensor& states, const at::Tensor& vectors) {
  const at::Tensor joined = at::cat({states, vectors, states * vectors}, -1);
  return out_(at::gelu(join_(joined))).squeeze(-1);
}

at::Tensor known_cross_entropy(const at::Tensor& logits, const at::Tensor& shares) {
  const at::Tensor known = shares.isnan().logical_not();
  const at::Tensor losses = at::binary_cross_entropy_with_logits(
      logits.to(at::kFloat), shares.nan_to_num(0.0).clamp(0, 1), {}, {}, at::Reduction::None);
  return mean_of_known(losses, known);
}

at::Tensor known_squared_error(const at::Tensor& logits, const at::Tensor& shares) {
  const at::Tensor known = shares.isnan().logical_not();
  const at::Tensor losses =
      at::mse_loss(at::sigmoid(logits.to(at::kFloat)), shares.nan_to_num(0.0), at::Reduction::None);
  return mean_of_known(losses, known);
}

}  // namespace marquee::models
