// The models room: what is learned. A model turns histories into vectors and titles into vectors;
// their inner product is the score. GradientModel learns by steps of a loss (training/ drives it),
// FittedModel in one go. registry.h lists the models, layers/ holds what they share, export/ writes
// any of them as one TorchScript module. Start here.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "configs/config.h"
#include "data/dataset.h"

namespace torch::nn {
class Module;
}

namespace marquee::models {

// Histories as every model takes them: oldest first, padded on the right with title 0.
struct Histories {
  at::Tensor titles;   // [batch, length] int64
  at::Tensor signals;  // [batch, length] float, 0 to 1: how much each was liked
  at::Tensor ages;     // [batch, length] float: seconds before the moment of the request
};

// One step's worth of training: what each history foretells.
struct Batch {
  Histories histories;   // the events before
  at::Tensor positions;  // [targets] int64: row * (length + 1) + events before the target
  at::Tensor targets;    // [targets] int64: the title that followed
};

class Recommender {
 public:
  virtual ~Recommender() = default;

  // All weights and tables, by name: what a checkpoint holds and what export mirrors.
  virtual torch::nn::Module& module() = 0;

  // → [titles + 1, dim]; row 0 is zero.
  virtual at::Tensor title_vectors() = 0;

  // title_vectors: as above → [batch, dim]. An empty history is a new member.
  virtual at::Tensor encode_user(const Histories& histories, const at::Tensor& title_vectors) = 0;

  // Content ids (content.h) → [rows, dim], for titles that were not trained on. Undefined tensor
  // where the model has no title tower.
  virtual at::Tensor encode_titles(const at::Tensor& content);

  // Whether inner products of title vectors say how alike titles are.
  virtual bool vectors_show_likeness() const { return true; }
};

class GradientModel : public Recommender {
 public:
  // Mean loss over the batch's targets: a scalar that backward() can be called on.
  virtual at::Tensor loss(const Batch& batch) = 0;
};

class FittedModel : public Recommender {
 public:
  // Learns from the train interactions.
  virtual void fit(const data::Dataset& dataset) = 0;
};

// Trained numbers of a model: elements of all its parameters.
int64_t parameter_count(Recommender& model);

}  // namespace marquee::models
