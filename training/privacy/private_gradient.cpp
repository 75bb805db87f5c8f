#include "training/privacy/private_gradient.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/linalg_vector_norm.h>
#include <ATen/ops/nan_to_num.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/zeros_like.h>

namespace marquee::training {

namespace {

// Tables of embeddings begin with a row of zeros for padding.
bool has_padding(const at::Tensor& parameter) {
  if (parameter.dim() != 2) return false;
  return !parameter[0].any().item<bool>() && parameter.any().item<bool>();
}

at::Tensor gaussian_like(const at::Tensor& like, double deviation, RandomStream& random) {
  at::Tensor values = at::empty(like.sizes(), at::kFloat);
  auto* const data = values.mutable_data_ptr<float>();
  for (int64_t i = 0; i < values.numel(); ++i) {
    data[i] = static_cast<float>(deviation * random.normal());
  }
  return values.to(like.device());
}

}  // namespace

PrivateGradient::PrivateGradient(const models::NamedTensors& parameters, const PrivacyPlan& plan)
    : sampling_(plan.learning.sampling),
      clip_(plan.clip),
      deviation_(plan.learning.noise * plan.clip),
      expected_(plan.learning.sampling * static_cast<double>(plan.members)),
      random_(secret_stream()) {
  const at::NoGradGuard no_grad;
  for (const auto& [name, parameter] : parameters) {
    parameters_.push_back({parameter, at::zeros_like(parameter), has_padding(parameter)});
  }
}

std::vector<int64_t> PrivateGradient::draw(int64_t count) {
  std::vector<int64_t> drawn;
  for (int64_t i = 0; i < count; ++i) {
    if (random_.uniform() < sampling_) drawn.push_back(i);
  }
  return drawn;
}

void PrivateGradient::add_member() {
  const at::NoGradGuard no_grad;
  std::vector<at::Tensor> gradients;
  for (auto& parameter : parameters_) {
    at::Tensor& gradient = parameter.values.mutable_grad();
    gradients.push_back(gradient.defined() ? at::nan_to_num(gradient, 0, 0, 0)
                                           : at::zeros_like(parameter.sum));
    if (parameter.padded) gradients.back()[0].zero_();
    gradient.reset();
  }
  // In doubles, where the square of a large float is still a number.
  std::vector<at::Tensor> norms;
  for (const auto& gradient : gradients) {
    norms.push_back(at::linalg_vector_norm(gradient, 2, {}, false, at::kDouble));
  }
  const at::Tensor norm = at::linalg_vector_norm(at::stack(norms), 2);
  const at::Tensor scale = (clip_ / norm.clamp_min(clip_)).to(at::kFloat);
  for (size_t i = 0; i < gradients.size(); ++i) parameters_[i].sum.add_(gradients[i] * scale);
}

void PrivateGradient::finish() {
  const at::NoGradGuard no_grad;
  for (auto& [values, sum, padded] : parameters_) {
    at::Tensor noise = gaussian_like(sum, deviation_, random_);
    if (padded) noise[0].zero_();
    values.mutable_grad() = (sum + noise) / expected_;
    sum.zero_();
  }
}

}  // namespace marquee::training
