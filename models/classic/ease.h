// ease: a linear autoencoder with a closed form (Steck, WWW 2019, "Embarrassingly Shallow
// Autoencoders for Sparse Data"). Hard to beat where order matters little and the catalogue is
// small.
#pragma once

#include "models/recommender.h"

namespace marquee::models {

struct InteractionMatrix;

// With G = XᵀX counting the users of both of two titles, P = (G + λI)⁻¹ and B = I − P diag(P)⁻¹, a
// user with the interactions x has the scores xB. B holds titles² numbers. A λ of 0 in the
// configuration stands for 10 √n̄ with n̄ the mean interactions of titles that occur: near what the
// paper and its successors chose by validation on sets of 10 to 3,000 interactions a title.
class Ease : public ScoringModel, public RoundLearner, public Explainable {
 public:
  // Throws Error where the catalogue needs more memory than there is, saying how much.
  Ease(int64_t titles, const configs::ModelConfig& config);

  double fit_round(const data::Dataset& dataset, int64_t round) override;
  torch::nn::Module& module() override;
  at::Tensor score_all(const Histories& histories) override;
  at::Tensor contributions(const Histories& histories, const at::Tensor& titles,
                           const at::Tensor& title_vectors) override;
  std::string description() const override;

 private:
  struct Net;
  double regularisation(const InteractionMatrix& interactions) const;  // λ
  configs::EaseConfig config_;
  double prior_, dislikes_;
  std::shared_ptr<Net> net_;
};

}  // namespace marquee::models
