#include "models/layers/pair_loss.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/cross_entropy_loss.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/full.h>
#include <ATen/ops/softplus.h>
#include <ATen/ops/zeros.h>
#include <torch/csrc/autograd/custom_function.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "models/kernels/kernels.h"
#include "models/kernels/pair_layers.h"

namespace marquee::models {

namespace {

namespace nn = torch::nn;
namespace autograd = torch::autograd;

// The loss of one target after the other, whose perceptron's scores are at hand.
struct TargetLoss {
  bool softmax;
  int64_t targets, negatives;
  float share;             // of the perceptron in a score: all or half
  const float* others;     // [targets, negatives]; null: none
  const float* positives;  // [targets]
  const bool* is_target;   // [targets, negatives]
  const float* log_q;      // [negatives]
  float* to_others;        // their gradient; null: none
  float* to_positives;

  double operator()(int64_t target, float* scores) const {
    const int64_t row = target * negatives;
    for (int64_t j = 0; j < negatives; ++j) {
      if (others != nullptr) scores[j] = (scores[j] + others[row + j]) * share;
      if (is_target[row + j]) scores[j] = -std::numeric_limits<float>::infinity();
    }
    const double loss = softmax ? softmax_of(target, scores) : cross_entropies_of(target, scores);
    const float scale = share / static_cast<float>(targets);
    for (int64_t j = 0; j < negatives; ++j) scores[j] *= scale;
    if (others != nullptr) std::copy_n(scores, negatives, to_others + row);
    return loss / static_cast<double>(targets);
  }

  // Of a softmax over the target and the negatives; scores become their gradient.
  double softmax_of(int64_t target, float* scores) const {
    const float positive = positives[target];
    float top = positive;
    for (int64_t j = 0; j < negatives; ++j) {
      scores[j] -= log_q[j];
      top = std::max(top, scores[j]);
    }
    const float own = std::exp(positive - top);
    const float sum = kernels().row_exp(scores, negatives, top) + own;
    for (int64_t j = 0; j < negatives; ++j) scores[j] /= sum;
    to_positives[target] = (own / sum - 1) / static_cast<float>(targets);
    return std::log(sum) + (top - positive);
  }

  double cross_entropies_of(int64_t target, float* scores) const {
    const auto softplus = [](double x) {
      return std::max(x, 0.0) + std::log1p(std::exp(-std::abs(x)));
    };
    const auto sigmoid = [](float x) { return 1 / (1 + std::exp(-x)); };
    double loss = softplus(-positives[target]);
    to_positives[target] = (sigmoid(positives[target]) - 1) / static_cast<float>(targets);
    for (int64_t j = 0; j < negatives; ++j) {
      loss += softplus(scores[j]);
      scores[j] = sigmoid(scores[j]);
    }
    return loss;
  }
};

// What PerceptronLoss is given besides tensors with gradients.
struct Given {
  const PairTask& task;
  std::vector<int64_t> widths;
};

// The gradients are taken in the forward pass (kernels/pair_layers.h).
struct PerceptronLoss : autograd::Function<PerceptronLoss> {
  // others: empty, there are none.
  static at::Tensor forward(autograd::AutogradContext* context, const at::Tensor& users,
                            const at::Tensor& titles, const at::Tensor& parameters,
                            const at::Tensor& others, const at::Tensor& positives,
                            const Given& given) {
    const at::Tensor is_target = given.task.is_target.contiguous();
    const at::Tensor log_q = given.task.log_q.contiguous();
    const autograd::variable_list gradients = {at::empty_like(users), at::empty_like(titles),
                                               at::empty_like(parameters), at::empty_like(others),
                                               at::empty_like(positives)};
    const auto to = [&](size_t i) { return gradients[i].mutable_data_ptr<float>(); };
    const bool with_others = others.numel() > 0;
    const TargetLoss of_target{given.task.kind == "softmax",
                               users.size(0),
                               titles.size(0),
                               with_others ? 0.5F : 1.0F,
                               with_others ? others.const_data_ptr<float>() : nullptr,
                               positives.const_data_ptr<float>(),
                               is_target.const_data_ptr<bool>(),
                               log_q.const_data_ptr<float>(),
                               with_others ? to(3) : nullptr,
                               to(4)};
    const double loss = pair_losses(
        {users.const_data_ptr<float>(), titles.const_data_ptr<float>(), users.size(0),
         titles.size(0), users.size(1), given.widths, parameters.const_data_ptr<float>()},
        of_target, {to(0), to(1), to(2)});
    context->save_for_backward(gradients);
    return at::full({}, loss, users.options().requires_grad(false));
  }

  static autograd::variable_list backward(autograd::AutogradContext* context,
                                          const autograd::variable_list& gradients) {
    autograd::variable_list all = context->get_saved_variables();
    for (at::Tensor& gradient : all) gradient = gradient * gradients[0];
    if (all[3].numel() == 0) all[3] = at::Tensor();
    all.emplace_back();
    return all;
  }
};

at::Tensor negatives_of(Perceptron& p) {
  at::Tensor hidden = (p.users.unsqueeze(1) + p.titles.unsqueeze(0)).relu();
  for (const auto& layer : *p.layers) hidden = layer->as<nn::Linear>()->forward(hidden).relu();
  return p.out(hidden).squeeze(-1);
}

at::Tensor loss_on_processor(const PairTask& task, Perceptron& p, const at::Tensor& others) {
  std::vector<at::Tensor> parameters;
  std::vector<int64_t> widths;
  const auto add = [&](const nn::LinearImpl& layer) {
    parameters.push_back(layer.weight.flatten());
    parameters.push_back(layer.bias);
  };
  for (const auto& layer : *p.layers) {
    add(*layer->as<nn::Linear>());
    widths.push_back(layer->as<nn::Linear>()->weight.size(0));
  }
  add(*p.out);
  const auto floats = [](const at::Tensor& x) { return x.to(at::kFloat).contiguous(); };
  // A custom function takes no undefined tensors: an empty one means none.
  const at::Tensor given = others.defined() ? floats(others) : at::zeros({0}, p.users.options());
  return PerceptronLoss::apply(floats(p.users), floats(p.titles), at::cat(parameters), given,
                               floats(task.positives), Given{task, widths});
}

}  // namespace

at::Tensor pair_loss(const PairTask& task, const at::Tensor& negatives) {
  const at::Tensor counted =
      negatives.masked_fill(task.is_target, -std::numeric_limits<float>::infinity());
  if (task.kind == "softmax") {
    const at::Tensor scores = at::cat({task.positives.unsqueeze(1), counted - task.log_q}, 1);
    return at::cross_entropy_loss(
        scores, at::zeros({scores.size(0)}, task.log_q.options().dtype(at::kLong)));
  }
  // A negative of -inf costs nothing.
  return at::softplus(-task.positives).mean() + at::softplus(counted).sum(1).mean();
}

at::Tensor perceptron_loss(const PairTask& task, Perceptron& perceptron, const at::Tensor& others) {
  if (perceptron.users.is_cpu()) return loss_on_processor(task, perceptron, others);
  const at::Tensor negatives = negatives_of(perceptron);
  return pair_loss(task, others.defined() ? (negatives + others) / 2 : negatives);
}

}  // namespace marquee::models
