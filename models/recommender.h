// The models room: what is learned. A model turns a history into scores of titles, most of them by
// turning both into vectors, and learns by steps of a loss or in rounds over the dataset.
// registry.h lists the models, layers/ holds what they share, export/ writes any of them as one
// TorchScript module. Start here.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "configs/config.h"
#include "data/dataset.h"
#include "data/title_similarity.h"

namespace torch::nn {
class Module;
}

namespace marquee::models {

// Histories as every model takes them: oldest first, padded on the right with title 0.
struct Histories {
  at::Tensor titles;   // [batch, length] int64
  at::Tensor signals;  // [batch, length] float, -1 to 1: how much each was liked
  at::Tensor ages;     // [batch, length] float: seconds before the request
  // [batch] int64: who each is, 1 and up in the order of the dataset, 0: unknown. Undefined: all
  // are. Only models with reads_users() look at it.
  at::Tensor users = {};
};

// What one training step uses: histories and the targets to predict from them.
struct Batch {
  Histories histories;   // the events before
  at::Tensor positions;  // [targets] int64: row * (length + 1) + events before the target
  at::Tensor targets;    // [targets] int64: the title that followed
  at::Tensor completed;  // [targets] float: share of it that was watched; NaN: unknown
  at::Tensor liked;      // [targets] float: its rating as a share of the highest; NaN: unrated
  at::Tensor rewards;    // [targets] float: what it was worth; NaN: not known; undefined: not asked
  // What was disliked after the same histories; undefined: nothing was.
  at::Tensor disliked;            // [disliked] int64: titles
  at::Tensor disliked_positions;  // [disliked] int64, as positions
  at::Tensor groups;  // [targets] int64: its member's (data/member_groups.h); undefined: not asked
};

// A model is a VectorModel or a ScoringModel, and one of the two learners as well.
class Recommender {
 public:
  virtual ~Recommender() = default;

  // All weights and tables, by name: what a checkpoint holds and what export mirrors.
  virtual torch::nn::Module& module() = 0;

  // → [titles + 1, dim]; row 0 is zero. Undefined where titles have no vectors.
  virtual at::Tensor title_vectors() = 0;

  virtual data::TitleSimilarity similarity() const = 0;

  // Whether it has vectors of users that it learned by their ids.
  virtual bool reads_users() const { return false; }

  // Called when the weights of another run were copied into those that have the same names; `left`:
  // the names of those that keep their first values.
  virtual void warm_started(const std::vector<std::string>& /*left*/) {}

  // What it is, in a sentence or two: for the model card.
  virtual std::string description() const = 0;
};

// A title's score is the inner product of its vector with the user's.
class VectorModel : public Recommender {
 public:
  // title_vectors: as above → [batch, dim]. An empty history is a new user.
  virtual at::Tensor encode_user(const Histories& histories, const at::Tensor& title_vectors) = 0;

  // Feature ids (title_features.h) → [rows, dim], for titles that were not trained on. Undefined
  // tensor where the model has no title tower.
  virtual at::Tensor encode_titles(const at::Tensor& features);

  data::TitleSimilarity similarity() const override { return data::TitleSimilarity::kVectors; }
};

// Scores every title in its own way.
class ScoringModel : public Recommender {
 public:
  // → [batch, titles + 1], padding with 0.
  virtual at::Tensor score_all(const Histories& histories) = 0;

  // titles: [batch, count] → [batch, count], as score_all has them. Override it where that
  // costs less: it ranks another model's candidates.
  virtual at::Tensor score_titles(const Histories& histories, const at::Tensor& titles);

  at::Tensor title_vectors() override;
  data::TitleSimilarity similarity() const override { return data::TitleSimilarity::kScores; }
};

// A model that can say what each event of a history adds to the score of a title.
class Explainable {
 public:
  virtual ~Explainable() = default;

  // titles: [batch, count]; title_vectors: as VectorModel takes them, else undefined → [batch,
  // count, length], 0 for padding. Where a title counts once however often it occurs, that is at
  // its newest event. Linear models: a score is the sum over its events and what it has without a
  // history.
  virtual at::Tensor contributions(const Histories& histories, const at::Tensor& titles,
                                   const at::Tensor& title_vectors) = 0;
};

// A model that predicts the rating a user would give.
class RatingPredictor {
 public:
  virtual ~RatingPredictor() = default;

  // titles: [batch, count] → [batch, count], on the dataset's scale of ratings.
  virtual at::Tensor predict_rating(const Histories& histories, const at::Tensor& titles) = 0;

  // Whether it is meant for ratings: then RMSE says which round or step is the best, else a ranking
  // metric does.
  virtual bool is_for_ratings() const { return true; }
};

// Learns by steps of a loss on batches of histories; training/trainer.h drives it.
class GradientLearner {
 public:
  virtual ~GradientLearner() = default;

  // Mean loss over the batch's targets: a scalar that backward() can be called on.
  virtual at::Tensor loss(const Batch& batch) = 0;
};

// Learns in rounds over the whole dataset; training/fitting.h drives it.
class RoundLearner {
 public:
  virtual ~RoundLearner() = default;

  // 1 where there is a closed form.
  virtual int64_t rounds() const { return 1; }

  // Learns from the train interactions. What one round leaves to the next is in the tensors of
  // module(), so that a run can go on after any of them. → the objective per interaction; NaN where
  // there is none.
  virtual double fit_round(const data::Dataset& dataset, int64_t round) = 0;
};

// What hides members while a model learns in rounds (training/privacy/plan.h says what it costs).
struct MemberPrivacy {
  int64_t members = 0;            // all of them, which is taken to be public
  int64_t titles_per_member = 0;  // that count at most
  double noise = 0;               // of a round, in units of the most that one member changes
  std::vector<int64_t> counts;    // [titles + 1] members with each title, with noise
};

// A RoundLearner that can learn so that its tensors are differentially private.
class PrivateLearner {
 public:
  virtual ~PrivateLearner() = default;

  // From the next round on. All that a round adds to the tensors of module() then comes from the
  // counts and from sums with noise.
  virtual void hide_members(MemberPrivacy privacy) = 0;
};

// How many values are trained: elements of all parameters.
int64_t parameter_count(Recommender& model);

}  // namespace marquee::models
