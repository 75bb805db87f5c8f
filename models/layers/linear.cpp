#include "models/layers/linear.h"

#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>
#include <torch/csrc/autograd/custom_function.h>

#include <algorithm>

#include "models/kernels/kernels.h"
#include "models/kernels/panels.h"
#include "models/kernels/tasks.h"
#include "models/layers/narrow.h"

namespace marquee::models {

namespace {

namespace autograd = torch::autograd;

constexpr int64_t kRows = 96;     // of a task
constexpr int64_t kOutputs = 24;  // of a task, of the gradient of weights

// to [rows, columns] = from [rows, inner] · panels + bias; bias: [columns], or null.
void multiply_rows(const Kernels& k, const at::Tensor& from, const Panels& panels,
                   const float* bias, const at::Tensor& to) {
  const int64_t inner = from.size(1), columns = to.size(1);
  const float* const a = from.const_data_ptr<float>();
  float* const c = to.mutable_data_ptr<float>();
  in_tasks(from.size(0), kRows, [&](int64_t begin, int64_t end) {
    for (int64_t row = begin; bias != nullptr && row < end; ++row) {
      std::copy_n(bias, columns, c + row * columns);
    }
    k.multiply({{a + begin * inner, inner, 1},
                panels.right(),
                {c + begin * columns, columns},
                end - begin,
                inner,
                columns,
                bias != nullptr});
  });
}

struct RowsLinear : autograd::Function<RowsLinear> {
  static at::Tensor forward(autograd::AutogradContext* context, const at::Tensor& x,
                            const at::Tensor& weight, const at::Tensor& bias) {
    const int64_t outputs = weight.size(0), inputs = weight.size(1);
    const bool narrow = products_are_narrow();
    const Panels panels =
        Panels::of_transpose({weight.const_data_ptr<float>(), inputs}, inputs, outputs);
    const at::Tensor out = at::empty({x.size(0), outputs}, x.options());
    multiply_rows(kernels(narrow), x, panels,
                  bias.numel() > 0 ? bias.const_data_ptr<float>() : nullptr, out);
    context->save_for_backward({x, weight});
    context->saved_data["bias"] = bias.numel() > 0;
    context->saved_data["narrow"] = narrow;
    return out;
  }

  static autograd::variable_list backward(autograd::AutogradContext* context,
                                          const autograd::variable_list& gradients) {
    const at::Tensor x = context->get_saved_variables()[0];
    const at::Tensor weight = context->get_saved_variables()[1];
    const Kernels& k = kernels(context->saved_data["narrow"].toBool());
    const at::Tensor gradient = gradients[0].contiguous();
    const int64_t outputs = weight.size(0), inputs = weight.size(1);
    const at::Tensor to_x = at::empty_like(x), to_weight = at::empty_like(weight);
    multiply_rows(k, gradient,
                  Panels::of({weight.const_data_ptr<float>(), inputs}, outputs, inputs), nullptr,
                  to_x);
    const float* const rows = x.const_data_ptr<float>();
    const float* const outer = gradient.const_data_ptr<float>();
    float* const sums = to_weight.mutable_data_ptr<float>();
    in_tasks(outputs, kOutputs, [&](int64_t begin, int64_t end) {
      k.multiply({{outer + begin, 1, outputs},
                  {rows, kPanelColumns, inputs},
                  {sums + begin * inputs, inputs},
                  end - begin,
                  x.size(0),
                  inputs,
                  false});
    });
    return {to_x, to_weight, context->saved_data["bias"].toBool() ? gradient.sum(0) : at::Tensor()};
  }
};

bool is_ours(const at::Tensor& x, const at::Tensor& weight) {
  return x.is_cpu() && x.dim() == 2 && x.scalar_type() == at::kFloat &&
         weight.scalar_type() == at::kFloat && weight.size(0) % kLanes == 0 &&
         weight.size(1) % kLanes == 0;
}

}  // namespace

at::Tensor linear(torch::nn::Linear& layer, const at::Tensor& x) {
  if (!is_ours(x, layer->weight)) return layer(x);
  // A custom function takes no undefined tensors: an empty one means none.
  const at::Tensor bias = layer->bias.defined() ? layer->bias : at::empty({0}, x.options());
  return RowsLinear::apply(x.contiguous(), layer->weight, bias);
}

}  // namespace marquee::models
