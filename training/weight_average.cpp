#include "training/weight_average.h"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/lerp.h>

#include <algorithm>
#include <utility>

namespace marquee::training {

WeightAverage::WeightAverage(models::NamedTensors parameters, double decay)
    : parameters_(std::move(parameters)), decay_(decay) {
  for (const auto& [name, tensor] : parameters_) means_[name] = tensor.detach().clone();
}

void WeightAverage::add(int64_t step) {
  const at::NoGradGuard no_grad;
  const auto steps = static_cast<double>(step + 1);
  const double decay = std::min(decay_, steps / (steps + 9));
  for (auto& [name, mean] : means_) mean.lerp_(parameters_.at(name), 1 - decay);
}

void WeightAverage::exchange() {
  const at::NoGradGuard no_grad;
  for (auto& [name, mean] : means_) {
    const at::Tensor weights = parameters_.at(name).detach().clone();
    parameters_.at(name).copy_(mean);
    mean.copy_(weights);
  }
}

models::NamedTensors WeightAverage::state() const {
  models::NamedTensors state;
  for (const auto& [name, mean] : means_) state["average." + name] = mean;
  return state;
}

}  // namespace marquee::training
