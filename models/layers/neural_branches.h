// The branches of neural_cf: GMF, a weighted inner product, and MLP, a perceptron (He et al. 2017).
// Each has towers of its own for users and titles.
#pragma once

#include <torch/nn/module.h>
#include <torch/nn/modules/container/modulelist.h>
#include <torch/nn/modules/linear.h>

#include "configs/config.h"
#include "models/layers/history_encoder.h"
#include "models/layers/pair_loss.h"
#include "models/layers/title_tower.h"
#include "models/layers/user_embedding.h"
#include "models/neural_cf.h"

namespace marquee::models {

// The towers of a branch for users and titles, and how it joins their vectors.
struct BranchImpl : torch::nn::Module {
  BranchImpl(const configs::Config& config, const FeatureLayout& layout, const at::Tensor& features,
             const TrainCounts& counts);
  // users: [..., dim] and rows of titles: [..., dim], which broadcast but for dim → [...].
  virtual at::Tensor join(const at::Tensor& users, const at::Tensor& rows) = 0;
  // The loss of the branch by itself. users: [targets, dim], rows: [negatives, dim].
  virtual at::Tensor loss(const PairTask& task, const at::Tensor& users,
                          const at::Tensor& rows) = 0;

  // The users before the batch's targets, then before what they disliked, by `vectors`: [titles
  // + 1, dim] → [n, dim].
  at::Tensor states(const Batch& batch, const at::Tensor& vectors);
  at::Tensor last_state(const Histories& histories, const at::Tensor& vectors);  // → [batch, dim]

  TitleTower titles{nullptr};
  HistoryEncoder history{nullptr};  // null: users are not encoded from it
  UserEmbedding user_ids{nullptr};  // null: nor by their ids

 private:
  at::Tensor with_ids(const at::Tensor& states, const at::Tensor& ids);
};

struct Gmf : BranchImpl {
  Gmf(const configs::Config& config, const FeatureLayout& layout, const at::Tensor& features,
      const TrainCounts& counts);
  at::Tensor join(const at::Tensor& users, const at::Tensor& rows) override;
  at::Tensor loss(const PairTask& task, const at::Tensor& users, const at::Tensor& rows) override;
  at::Tensor scores(const at::Tensor& users, const at::Tensor& rows);  // → [users, rows]

  at::Tensor weights;  // [dim]
};

// The first layer of the concatenation is a sum of a user's part and a title's part, so only the
// layers after it are computed for each pair.
struct Mlp : BranchImpl {
  Mlp(const configs::Config& config, const FeatureLayout& layout, const at::Tensor& features,
      const TrainCounts& counts);
  at::Tensor join(const at::Tensor& users, const at::Tensor& rows) override;
  at::Tensor loss(const PairTask& task, const at::Tensor& users, const at::Tensor& rows) override;
  // Of the means of its scores and `others`, which task.positives are as well.
  at::Tensor loss_with(const PairTask& task, const at::Tensor& users, const at::Tensor& rows,
                       const at::Tensor& others);

  torch::nn::Linear of_user{nullptr}, of_title{nullptr}, out{nullptr};
  torch::nn::ModuleList layers{nullptr};
};

}  // namespace marquee::models
