#include "models/layers/pair_scores.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>
#include <torch/csrc/autograd/custom_function.h>

#include "models/kernels/pair_layers.h"

namespace marquee::models {

namespace {

namespace nn = torch::nn;
namespace autograd = torch::autograd;

PairLayers layers_of(const at::Tensor& users, const at::Tensor& titles,
                     const at::Tensor& parameters, const std::vector<int64_t>& widths) {
  return {users.const_data_ptr<float>(),
          titles.const_data_ptr<float>(),
          users.size(0),
          titles.size(0),
          users.size(1),
          widths,
          parameters.const_data_ptr<float>()};
}

struct PairScores : autograd::Function<PairScores> {
  static at::Tensor forward(autograd::AutogradContext* context, const at::Tensor& users,
                            const at::Tensor& titles, const at::Tensor& parameters,
                            const std::vector<int64_t>& widths) {
    const at::Tensor scores = at::empty({users.size(0), titles.size(0)}, users.options());
    score_pairs(layers_of(users, titles, parameters, widths), scores.mutable_data_ptr<float>());
    context->save_for_backward({users, titles, parameters});
    context->saved_data["widths"] = widths;
    return scores;
  }

  static autograd::variable_list backward(autograd::AutogradContext* context,
                                          const autograd::variable_list& gradients) {
    const auto saved = context->get_saved_variables();
    const at::Tensor gradient = gradients[0].contiguous();
    const at::Tensor users = at::empty_like(saved[0]), titles = at::empty_like(saved[1]),
                     parameters = at::empty_like(saved[2]);
    score_pairs_backward(
        layers_of(saved[0], saved[1], saved[2], context->saved_data["widths"].toIntVector()),
        gradient.const_data_ptr<float>(),
        {users.mutable_data_ptr<float>(), titles.mutable_data_ptr<float>(),
         parameters.mutable_data_ptr<float>()});
    return {users, titles, parameters, {}};
  }
};

at::Tensor at_once(const at::Tensor& users, const at::Tensor& titles, nn::ModuleList& layers,
                   nn::Linear& out) {
  at::Tensor hidden = (users.unsqueeze(1) + titles.unsqueeze(0)).relu();
  for (const auto& layer : *layers) hidden = layer->as<nn::Linear>()->forward(hidden).relu();
  return out(hidden).squeeze(-1);
}

}  // namespace

at::Tensor pair_scores(const at::Tensor& users, const at::Tensor& titles, nn::ModuleList& layers,
                       nn::Linear& out) {
  if (!users.is_cpu()) return at_once(users, titles, layers, out);
  std::vector<at::Tensor> parameters;
  std::vector<int64_t> widths;
  const auto add = [&](const nn::LinearImpl& layer) {
    parameters.push_back(layer.weight.flatten());
    parameters.push_back(layer.bias);
  };
  for (const auto& layer : *layers) {
    add(*layer->as<nn::Linear>());
    widths.push_back(layer->as<nn::Linear>()->weight.size(0));
  }
  add(*out);
  const auto floats = [](const at::Tensor& x) { return x.to(at::kFloat).contiguous(); };
  return PairScores::apply(floats(users), floats(titles), at::cat(parameters), widths);
}

}  // namespace marquee::models
