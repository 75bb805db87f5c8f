// AdamW (Loshchilov & Hutter 2019) in one fused kernel over all parameters, on CPU and CUDA, with
// gradient clipping that never waits for the device.
#pragma once

#include <ATen/core/Tensor.h>

#include <string>
#include <utility>
#include <vector>

#include "models/weights.h"

namespace marquee::training {

struct AdamWOptions {
  double beta1 = 0.9;
  double beta2 = 0.98;
  double epsilon = 1e-8;
  double weight_decay = 0.01;  // of matrices; vectors (biases, norms) are not decayed
  double clip_norm = 1.0;      // 0: not clipped
};

class AdamW {
 public:
  // parameters: all on one device, by name.
  AdamW(const models::NamedTensors& parameters, AdamWOptions options);

  // Clips, updates, clears the gradients.
  void step(double learning_rate);

  // Moments and step counts, by parameter name: what a checkpoint holds.
  models::NamedTensors state() const;

 private:
  struct Group {
    std::vector<std::string> names;
    std::vector<at::Tensor> parameters, exp_avgs, exp_avg_sqs, steps;
    double weight_decay = 0;
  };
  void clip();

  AdamWOptions options_;
  std::vector<Group> groups_;
};

}  // namespace marquee::training
