// REINFORCE over titles from logged data, with top-K off-policy correction: Chen, Beutel,
// Covington, Jain, Belletti & Chi, Top-K Off-Policy Correction for a REINFORCE Recommender System,
// WSDM 2019.
#pragma once

#include <ATen/core/Tensor.h>

namespace marquee::models {

struct TopKCorrection {
  int top_k = 1;          // K: titles that are shown together
  double weight_cap = 0;  // c: largest π/β; 0: no correction, each reward weighs as it was logged
};

// What the gradient of -log π(title | user) is multiplied with: min(π/β, c) · K(1 − π)^(K−1) · R.
// No gradient passes through it.
//   log_policy, log_behaviour: [n], of the logged titles under the policy and as they were logged;
//   rewards: [n], R, NaN where it is not known → [n], 0 where the reward is not positive
at::Tensor reinforce_weights(const at::Tensor& log_policy, const at::Tensor& log_behaviour,
                             const at::Tensor& rewards, const TopKCorrection& correction);

}  // namespace marquee::models
