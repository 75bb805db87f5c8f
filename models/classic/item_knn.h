// item_knn: titles with interactions of the same users are similar (Sarwar et al. 2001; shrinkage
// as in Koren 2008). Strong where histories are long, and explains itself.
#pragma once

#include "models/recommender.h"

namespace marquee::models {

// The similarity of i and j is c_ij / (√(c_i c_j) + shrinkage), c counting users; each title
// keeps its most similar ones, and its score is the sum of the similarities of those in the
// history.
class ItemKnn : public ScoringModel, public RoundLearner, public Explainable {
 public:
  ItemKnn(int64_t titles, const configs::ModelConfig& config);

  double fit_round(const data::Dataset& dataset, int64_t round) override;
  torch::nn::Module& module() override;
  at::Tensor score_all(const Histories& histories) override;
  at::Tensor contributions(const Histories& histories, const at::Tensor& titles,
                           const at::Tensor& title_vectors) override;
  std::string description() const override;

 private:
  struct Net;
  configs::ItemKnnConfig config_;
  double prior_, dislikes_;
  std::shared_ptr<Net> net_;
};

}  // namespace marquee::models
