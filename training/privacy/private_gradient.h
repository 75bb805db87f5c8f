// DP-SGD (Abadi et al. 2016) for members: a step draws members by chance, adds up their gradients,
// none longer than the clip, and adds Gaussian noise to every parameter.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

#include "core/random.h"
#include "models/weights.h"
#include "training/privacy/plan.h"

namespace marquee::training {

class PrivateGradient {
 public:
  // parameters: of the model, by name, before training.
  PrivateGradient(const models::NamedTensors& parameters, const PrivacyPlan& plan);

  // Each of [0, count) with the probability of the plan (Poisson sampling): the number drawn
  // varies.
  std::vector<int64_t> draw(int64_t count);

  // Takes the gradients of the parameters as those of one member, clears them and adds them to the
  // sum, all together no longer than the clip. What is not a number counts as 0.
  void add_member();

  // Leaves (sum + noise) / expected members as the gradients, and begins the next sum.
  void finish();

 private:
  struct Parameter {
    at::Tensor values, sum;
    bool padded;  // row 0 is padding: no member changes it, so it gets no noise and remains 0
  };
  std::vector<Parameter> parameters_;
  double sampling_, clip_, deviation_, expected_;
  RandomStream random_;
};

}  // namespace marquee::training
