#include "models/layers/user_embedding.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/bernoulli.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/full.h>
#include <ATen/ops/randn.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros.h>

#include "models/layers/gather.h"

namespace marquee::models {

namespace {
constexpr double kInitialDeviation = 0.05;
}

UserEmbeddingImpl::UserEmbeddingImpl(int64_t dim, const std::vector<int64_t>& train_counts,
                                     UnknownUser unknown, double dropout)
    : unknown_(unknown), dropout_(dropout) {
  const at::Tensor learned = at::tensor(train_counts).gt(0).to(at::kFloat).unsqueeze(1);
  learned_ = register_buffer("learned", at::cat({at::zeros({1, 1}), learned}));
  embedding_ = register_parameter(
      "embedding", at::randn({learned_.size(0), dim}) * kInitialDeviation * learned_);
}

at::Tensor UserEmbeddingImpl::unknown() const {
  if (unknown_ == UnknownUser::kZero) return at::zeros({embedding_.size(1)}, embedding_.options());
  return (embedding_ * learned_).sum(0) / learned_.sum().clamp_min(1);
}

at::Tensor UserEmbeddingImpl::forward(const at::Tensor& users) {
  at::Tensor known = learned_.index_select(0, users);  // [n, 1]
  const at::Tensor rows = gather(embedding_, users);
  // Who is trained on has a vector, so there is no need of the others', which costs a whole table.
  if (is_training() && dropout_ == 0) return rows * known;
  if (is_training()) {
    known = known * at::bernoulli(at::full({users.size(0), 1}, 1 - dropout_, known.options()));
  }
  return rows * known + unknown() * (1 - known);
}

}  // namespace marquee::models
