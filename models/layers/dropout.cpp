#include "models/layers/dropout.h"

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/TensorOperators.h>
#include <ATen/ops/dropout.h>
#include <ATen/ops/empty_like.h>
#include <torch/csrc/autograd/custom_function.h>

#include <cmath>
#include <mutex>

#include "models/kernels/tasks.h"

namespace marquee::models {

namespace {

namespace autograd = torch::autograd;

constexpr int64_t kElements = 1 << 14;  // of a task

// body(first, count, dropout of those) for parts of x.
template <typename Body>
void in_parts(int64_t elements, const Dropout& dropout, const Body& body) {
  in_tasks(elements, kElements, [&](int64_t begin, int64_t end) {
    Dropout part = dropout;
    part.first = static_cast<uint32_t>(begin);
    body(begin, end - begin, part);
  });
}

at::Tensor dropped_now(const at::Tensor& x, const Dropout& dropout) {
  const at::Tensor from = x.contiguous(), out = at::empty_like(from);
  const float* const values = from.const_data_ptr<float>();
  float* const to = out.mutable_data_ptr<float>();
  in_parts(from.numel(), dropout, [&](int64_t first, int64_t count, const Dropout& part) {
    kernels().drop(to + first, values + first, count, part);
  });
  return out;
}

// What dropout was is three numbers.
void keep(autograd::AutogradContext* context, const Dropout& dropout) {
  context->saved_data["seed"] = static_cast<int64_t>(dropout.seed);
  context->saved_data["below"] = static_cast<int64_t>(dropout.below);
  context->saved_data["scale"] = static_cast<double>(dropout.scale);
}

Dropout kept(const autograd::AutogradContext* context) {
  const auto& saved = context->saved_data;
  return {static_cast<uint32_t>(saved.at("seed").toInt()),
          static_cast<uint32_t>(saved.at("below").toInt()),
          static_cast<float>(saved.at("scale").toDouble())};
}

struct Drop : autograd::Function<Drop> {
  static at::Tensor forward(autograd::AutogradContext* context, const at::Tensor& x, double share) {
    const Dropout dropout = draw_dropout(share);
    keep(context, dropout);
    return dropped_now(x, dropout);
  }
  static autograd::variable_list backward(autograd::AutogradContext* context,
                                          const autograd::variable_list& gradients) {
    return {dropped_now(gradients[0], kept(context)), {}};
  }
};

struct AddDropped : autograd::Function<AddDropped> {
  static at::Tensor forward(autograd::AutogradContext* context, const at::Tensor& x,
                            const at::Tensor& change, double share) {
    const Dropout dropout = draw_dropout(share);
    keep(context, dropout);
    const at::Tensor a = x.contiguous(), b = change.contiguous(), out = at::empty_like(a);
    const float* const from = a.const_data_ptr<float>();
    const float* const added = b.const_data_ptr<float>();
    float* const to = out.mutable_data_ptr<float>();
    in_parts(a.numel(), dropout, [&](int64_t first, int64_t count, const Dropout& part) {
      kernels().add_dropped(to + first, from + first, added + first, count, part);
    });
    return out;
  }
  static autograd::variable_list backward(autograd::AutogradContext* context,
                                          const autograd::variable_list& gradients) {
    return {gradients[0], dropped_now(gradients[0], kept(context)), {}};
  }
};

bool is_ours(const at::Tensor& x) { return x.is_cpu() && x.scalar_type() == at::kFloat; }

}  // namespace

Dropout draw_dropout(double share) {
  if (share <= 0) return {};
  const auto generator = at::detail::getDefaultCPUGenerator();
  auto* const random = at::check_generator<at::CPUGeneratorImpl>(generator);
  const std::scoped_lock lock(random->mutex_);
  return {random->random(), static_cast<uint32_t>(std::lround(share * 4294967296.0)),
          static_cast<float>(1 / (1 - share))};
}

at::Tensor dropped(const at::Tensor& x, double share, bool training) {
  if (!training || share <= 0) return x;
  return is_ours(x) ? Drop::apply(x, share) : at::dropout(x, share, training);
}

at::Tensor add_dropped(const at::Tensor& x, const at::Tensor& change, double share, bool training) {
  if (!training || share <= 0) return x + change;
  return is_ours(x) && is_ours(change) ? AddDropped::apply(x, change, share)
                                       : x + at::dropout(change, share, training);
}

}  // namespace marquee::models
