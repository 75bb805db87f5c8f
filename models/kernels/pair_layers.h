// A perceptron over all pairs of users and titles, and its gradients, for processors: the hidden
// layers of a user stay in the cache from their making to the last gradient, and are never stored.
// The result is the same on any number of threads.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

namespace marquee::models {

// hidden_0 = relu(user + title), hidden_n = relu(weight_n · hidden_(n-1) + bias_n), score = out ·
// hidden + out_bias. All row by row, without gaps.
struct PairLayers {
  const float* users;   // [user_count, width]
  const float* titles;  // [title_count, width]
  int64_t user_count, title_count, width;
  std::vector<int64_t> widths;  // of the layers after hidden_0
  // Of each layer weight [its width, the width before] and bias, then out and out_bias.
  const float* parameters;
};

// The scores of a user, [title_count], become the gradient of the user's loss by them; → the loss.
using LossOfUser = std::function<double(int64_t user, float* scores)>;

struct PairGradients {
  float *users, *titles, *parameters;  // written, laid out like those of PairLayers
};

// → the sum of the users' losses.
double pair_losses(const PairLayers& layers, const LossOfUser& loss, const PairGradients& to);

}  // namespace marquee::models
