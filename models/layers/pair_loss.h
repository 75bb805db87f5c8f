// The loss of neural collaborative filtering over targets and negatives that all targets share,
// with the perceptron that scores every pair of them.
#pragma once

#include <torch/nn/modules/container/modulelist.h>
#include <torch/nn/modules/linear.h>

#include <string>

namespace marquee::models {

// What does not depend on the perceptron.
struct PairTask {
  std::string kind;      // "softmax" or "bce"
  at::Tensor positives;  // [targets]: their scores
  at::Tensor is_target;  // [targets, negatives] bool: the negative is the target and does not count
  at::Tensor log_q;      // [negatives]: how often each is expected among them; softmax subtracts it
};

// The mean over targets: a softmax over the target and the negatives, or the binary cross-entropy
// of all of them. negatives: [targets, negatives], their scores.
at::Tensor pair_loss(const PairTask& task, const at::Tensor& negatives);

// Scores by relu layers of user + title: users: [targets, width], titles: [negatives, width];
// layers: linear, each followed by relu; out: to one value.
struct Perceptron {
  at::Tensor users, titles;
  torch::nn::ModuleList layers;
  torch::nn::Linear out;
};

// pair_loss() of those scores; with `others` [targets, negatives] of the mean of the two. On a
// processor no pair's layers are stored.
at::Tensor perceptron_loss(const PairTask& task, Perceptron& perceptron,
                           const at::Tensor& others = {});

}  // namespace marquee::models
