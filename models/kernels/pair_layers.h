// A perceptron over all pairs of users and titles, for processors: its hidden layers stay in the
// cache and are computed again for the gradients. The result is the same on any number of threads.
#pragma once

#include <cstdint>
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

// scores: [user_count, title_count]
void score_pairs(const PairLayers& layers, float* scores);

// gradient: of the scores. All others are written.
struct PairGradients {
  float *users, *titles, *parameters;  // laid out like those of PairLayers
};
void score_pairs_backward(const PairLayers& layers, const float* gradient, const PairGradients& to);

}  // namespace marquee::models
