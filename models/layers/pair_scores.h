// The scores of all pairs of users and titles by a perceptron on the sum of their vectors.
#pragma once

#include <torch/nn/modules/container/modulelist.h>
#include <torch/nn/modules/linear.h>

namespace marquee::models {

// users: [n, width], titles: [m, width]; layers: linear, each followed by relu, after the first
// relu, of the sum; out: linear, to one value → [n, m].
at::Tensor pair_scores(const at::Tensor& users, const at::Tensor& titles,
                       torch::nn::ModuleList& layers, torch::nn::Linear& out);

}  // namespace marquee::models
