// neural_cf: the function that joins a user and a title is learned as well (He et al. 2017, Neural
// Collaborative Filtering): GMF, a weighted inner product; MLP, a perceptron; NeuMF, both. Titles
// are encoded from their features, and users from their history, so that new users are served; or
// by their ids, as in the paper. A recommender by itself, or the ranking stage over the candidates
// of another model.
#pragma once

#include "models/recommender.h"
#include "models/title_features.h"

namespace marquee::models {

struct NeuralCfImpl;

// Train interactions of each title, [titles + 1], and of each user, [users].
struct TrainCounts {
  std::vector<int64_t> of_titles, of_users;
};

class NeuralCf : public ScoringModel, public GradientLearner, public Explainable {
 public:
  // features: as TwoTower takes them.
  NeuralCf(const configs::Config& config, const FeatureLayout& layout, const at::Tensor& features,
           const TrainCounts& counts);

  torch::nn::Module& module() override;
  at::Tensor title_vectors() override;  // of both branches, for similarity
  at::Tensor score_all(const Histories& histories) override;
  at::Tensor score_titles(const Histories& histories, const at::Tensor& titles) override;
  // What each of the newest 20 events adds to a user without a history; older ones: 0. By ids alone
  // events add nothing.
  at::Tensor contributions(const Histories& histories, const at::Tensor& titles,
                           const at::Tensor& title_vectors) override;
  at::Tensor loss(const Batch& batch) override;
  bool reads_users() const override { return config_.model.neural_cf.member != "history"; }
  data::TitleSimilarity similarity() const override { return data::TitleSimilarity::kVectors; }
  std::string description() const override;

 private:
  configs::Config config_;
  std::shared_ptr<NeuralCfImpl> net_;
};

}  // namespace marquee::models
