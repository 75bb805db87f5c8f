#include "models/layers/turned_down_loss.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/logsumexp.h>
#include <ATen/ops/randint.h>
#include <ATen/ops/softplus.h>

#include <cmath>

namespace marquee::models {

namespace {
constexpr int64_t kDrawn = 256;
}

at::Tensor drawn_titles(const Batch& batch, int64_t titles) {
  return at::randint(1, titles + 1, {kDrawn}, batch.turned_down.options());
}

at::Tensor turned_down_loss(const Batch& batch, const at::Tensor& scores,
                            const at::Tensor& others) {
  const at::Tensor usual = at::logsumexp(others, 1) - std::log(static_cast<double>(others.size(1)));
  return at::softplus(scores - usual).sum() / batch.targets.size(0);
}

at::Tensor all_positions(const Batch& batch) {
  if (!batch.turned_down.defined()) return batch.positions;
  return at::cat({batch.positions, batch.turned_down_positions});
}

}  // namespace marquee::models
