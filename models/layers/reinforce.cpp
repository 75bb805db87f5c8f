#include "models/layers/reinforce.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/nan_to_num.h>
#include <ATen/ops/pow.h>

namespace marquee::models {

at::Tensor reinforce_weights(const at::Tensor& log_policy, const at::Tensor& log_behaviour,
                             const at::Tensor& rewards, const TopKCorrection& correction) {
  const at::NoGradGuard no_grad;
  const at::Tensor known = at::nan_to_num(rewards, 0.0).clamp_min(0);
  if (correction.weight_cap == 0) return known;
  const at::Tensor ratio = (log_policy - log_behaviour).exp().clamp_max(correction.weight_cap);
  const at::Tensor others = (1 - log_policy.exp()).clamp_min(0);
  return known * ratio * correction.top_k * at::pow(others, correction.top_k - 1);
}

}  // namespace marquee::models
