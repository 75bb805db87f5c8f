#include "training/optim/adamw.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/_foreach_add.h>
#include <ATen/ops/_foreach_mul.h>
#include <ATen/ops/_foreach_norm.h>
#include <ATen/ops/_fused_adamw.h>
#include <ATen/ops/linalg_vector_norm.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/zeros.h>
#include <ATen/ops/zeros_like.h>

namespace marquee::training {

AdamW::AdamW(const models::NamedTensors& parameters, AdamWOptions options)
    : options_(options), groups_(2) {
  groups_[0].weight_decay = options.weight_decay;
  for (const auto& [name, parameter] : parameters) {
    Group& group = groups_[parameter.dim() > 1 ? 0 : 1];
    group.names.push_back(name);
    group.parameters.push_back(parameter);
    group.exp_avgs.push_back(at::zeros_like(parameter).detach());
    group.exp_avg_sqs.push_back(at::zeros_like(parameter).detach());
    group.steps.push_back(at::zeros({}, parameter.options().requires_grad(false)));
  }
}

void AdamW::clip() {
  std::vector<at::Tensor> gradients;
  for (const auto& group : groups_) {
    for (const auto& parameter : group.parameters) gradients.push_back(parameter.grad());
  }
  const at::Tensor norm = at::linalg_vector_norm(at::stack(at::_foreach_norm(gradients, 2)), 2);
  const at::Tensor scale = (options_.clip_norm / (norm + 1e-6)).clamp_max(1.0);
  at::_foreach_mul_(gradients, scale);
}

void AdamW::step(double learning_rate) {
  const at::NoGradGuard no_grad;
  for (auto& group : groups_) {
    for (auto& parameter : group.parameters) {
      // A parameter that this batch did not touch still decays and still counts its step.
      if (!parameter.grad().defined()) parameter.mutable_grad() = at::zeros_like(parameter);
    }
  }
  if (options_.clip_norm > 0) clip();
  for (auto& group : groups_) {
    if (group.parameters.empty()) continue;
    std::vector<at::Tensor> gradients;
    for (const auto& parameter : group.parameters) gradients.push_back(parameter.grad());
    at::_foreach_add_(group.steps, 1);
    at::_fused_adamw_(group.parameters, gradients, group.exp_avgs, group.exp_avg_sqs,
                      /*max_exp_avg_sqs=*/{}, group.steps, learning_rate, options_.beta1,
                      options_.beta2, group.weight_decay, options_.epsilon, /*amsgrad=*/false,
                      /*maximize=*/false);
    for (auto& parameter : group.parameters) parameter.mutable_grad().reset();
  }
}

models::NamedTensors AdamW::state() const {
  models::NamedTensors state;
  for (const auto& group : groups_) {
    for (size_t i = 0; i < group.names.size(); ++i) {
      state["exp_avg." + group.names[i]] = group.exp_avgs[i];
      state["exp_avg_sq." + group.names[i]] = group.exp_avg_sqs[i];
      state["step." + group.names[i]] = group.steps[i];
    }
  }
  return state;
}

}  // namespace marquee::training
