// two_tower: a title tower with genre, actor, director and studio embeddings, a user tower over the
// ordered history, trained to predict the next title among all (docs/models.md).
#pragma once

#include <functional>

#include "models/recommender.h"
#include "models/title_features.h"

namespace marquee::models {

struct TwoTowerImpl;

// With model.loss.kind "reinforce" it learns to show what earns most instead, and beside it how
// likely the log was to have each title (models/layers/reinforce.h): a second head on the same
// states, which it does not change.
//
// It can also learn the feedback on the next title (multi-task learning): how much of it is
// watched, with model.loss.completion_weight, and its rating, with rating_weight.
class TwoTower : public VectorModel, public GradientLearner {
 public:
  // features: [titles + 1, columns]. train_counts: interactions of each title in the training data,
  // from which the sampled softmax takes how likely a title is to be drawn. groups: of members, of
  // which there are as many, to hide in their vectors; 0: nothing is hidden.
  TwoTower(const configs::Config& config, const FeatureLayout& layout, const at::Tensor& features,
           const std::vector<int64_t>& train_counts, int64_t groups = 0);

  torch::nn::Module& module() override;
  at::Tensor title_vectors() override;
  at::Tensor encode_user(const Histories& histories, const at::Tensor& title_vectors) override;
  at::Tensor encode_titles(const at::Tensor& features) override;
  at::Tensor loss(const Batch& batch) override;
  void warm_started(const std::vector<std::string>& left) override;
  std::string description() const override;

 private:
  // As scores need them: of length 1 where those are cosines.
  at::Tensor finished(const at::Tensor& states) const;
  // The users before the batch's targets, then before what they disliked: [n, dim]. vectors_of:
  // [n] title ids → [n, dim].
  using Lookup = std::function<at::Tensor(const at::Tensor&)>;
  at::Tensor states_of(const Batch& batch, const Lookup& vectors_of);
  at::Tensor scaled(const at::Tensor& states) const;  // divided by the temperature
  at::Tensor full_loss(const Batch& batch);
  at::Tensor sampled_loss(const Batch& batch);
  at::Tensor reinforce_loss(const Batch& batch);
  // What is learned beside the ranking. states, vectors: [targets, dim], of the users before their
  // targets and of the targets.
  at::Tensor other_losses(const Batch& batch, const at::Tensor& states, const at::Tensor& vectors);

  // states: as states_of() gives them.
  at::Tensor dislike_part(const Batch& batch, const at::Tensor& states, const Lookup& vectors_of);

  configs::Config config_;
  int64_t groups_;  // to hide; 0: none

 protected:
  std::shared_ptr<TwoTowerImpl> net_;
};

// With a rating_weight above 0: predicts ratings as well.
class RatedTwoTower : public TwoTower, public RatingPredictor {
 public:
  RatedTwoTower(const configs::Config& config, const FeatureLayout& layout,
                const at::Tensor& features, const data::Dataset& dataset, int64_t groups = 0);

  at::Tensor predict_rating(const Histories& histories, const at::Tensor& titles) override;
  bool is_for_ratings() const override { return false; }

 private:
  const data::RatingScale scale_;
};

}  // namespace marquee::models
