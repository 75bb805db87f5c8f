// mf_ratings and svdpp: matrix factorisation that predicts ratings, by Gibbs sampling (Bayesian
// probabilistic matrix factorisation: Salakhutdinov & Mnih 2008). Averaging over the posterior
// beats the single best fit of SGD or ALS, and there is no penalty to tune (Rendle, Zhang &
// Koren 2019, "On the difficulty of evaluating baselines").
#pragma once

#include "models/ratings/linked_prior.h"
#include "models/recommender.h"
#include "models/title_features.h"

namespace marquee::models {

// A rating is
//   r_ui = μ + b_u + b_i + p_u·q_i + noise
// with (p_u, b_u) and (q_i, b_i) Gaussian; the mean of a title's is linear in its features, and
// with `implicit` (svdpp) that of a user's in the titles they rated, Σ_j y_j / √n, whatever the
// ratings. A round draws users, titles and priors once, each given the rest. The newest `samples`
// draws are kept; the served module solves for a user under each and returns the mean of the
// ratings, within the range of ratings seen.
class RatingFactors : public VectorModel, public RatingPredictor, public RoundLearner {
 public:
  RatingFactors(const configs::Config& config, const FeatureLayout& layout,
                const at::Tensor& features, const data::RatingScale& scale);
  ~RatingFactors() override;

  int64_t rounds() const override;
  double fit_round(const data::Dataset& dataset, int64_t round) override;  // mean squared error
  torch::nn::Module& module() override;
  at::Tensor title_vectors() override;
  at::Tensor encode_user(const Histories& histories, const at::Tensor& title_vectors) override;
  at::Tensor encode_titles(const at::Tensor& features) override;
  at::Tensor predict_rating(const Histories& histories, const at::Tensor& titles) override;
  std::string description() const override;

 private:
  struct Net;
  struct Chain;
  void keep_draw(int64_t round);
  at::Tensor solve_user(const Histories& histories, const at::Tensor& title_vectors,
                        int64_t sample);

  configs::Config config_;
  bool implicit_;
  RowFeatures features_;
  std::shared_ptr<Net> net_;
  std::unique_ptr<Chain> chain_;  // made in the first round that is fitted
};

}  // namespace marquee::models
