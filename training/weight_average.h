// The running mean of a model's weights over the steps of training, which ranks better than the
// weights of any one step (Polyak & Juditsky 1992; exponential, as in Izmailov et al. 2018's
// successors): it is what is validated and exported.
#pragma once

#include <cstdint>

#include "models/weights.h"

namespace marquee::training {

class WeightAverage {
 public:
  // parameters: the model's, shared with it. `decay`: what the mean keeps of itself in a step, 0 to
  // below 1; less in the first steps, so that it soon forgets the weights it began with.
  WeightAverage(models::NamedTensors parameters, double decay);

  // Takes the weights after a step into the mean; steps are counted from 0.
  void add(int64_t step);

  // Exchanges mean and weights: between two calls the model is the mean.
  void exchange();

  // "average." and the name of each: for checkpoints, shared with this.
  models::NamedTensors state() const;

 private:
  models::NamedTensors parameters_, means_;
  double decay_;
};

}  // namespace marquee::training
