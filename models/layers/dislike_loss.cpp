#include "models/layers/dislike_loss.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/floor_divide.h>
#include <ATen/ops/logsumexp.h>
#include <ATen/ops/softplus.h>

#include <algorithm>
#include <cmath>

namespace marquee::models {

namespace {
constexpr int64_t kMost = 256;
}

at::Tensor usual_titles(const Batch& batch, int64_t titles) {
  const int64_t count = std::min(kMost, titles);
  return at::floor_divide(at::arange(count, batch.disliked.options()) * titles, count) + 1;
}

at::Tensor dislike_loss(const Batch& batch, const at::Tensor& scores, const at::Tensor& others) {
  const at::Tensor usual =
      at::logsumexp(others.detach(), 1) - std::log(static_cast<double>(others.size(1)));
  return at::softplus(scores - usual).sum() / batch.targets.size(0);
}

at::Tensor all_positions(const Batch& batch) {
  if (!batch.disliked.defined()) return batch.positions;
  return at::cat({batch.positions, batch.disliked_positions});
}

}  // namespace marquee::models
