// bpr: matrix factorisation that learns to rank titles with an interaction above those without
// (Rendle et al. 2009). A user is the sum of the titles in the history, as in FISM (Kabbur et al.
// 2013), so that any history can be served.
#pragma once

#include "models/recommender.h"

namespace marquee::models {

// The score of title i for a user with titles j = 1..n in the history is
//   (s + Σ_j p_j / √n) · q_i + b_i
class Bpr : public VectorModel, public GradientLearner, public Explainable {
 public:
  Bpr(int64_t titles, const configs::ModelConfig& config);

  torch::nn::Module& module() override;
  at::Tensor title_vectors() override;
  at::Tensor encode_user(const Histories& histories, const at::Tensor& title_vectors) override;
  at::Tensor contributions(const Histories& histories, const at::Tensor& titles,
                           const at::Tensor& title_vectors) override;
  at::Tensor loss(const Batch& batch) override;
  std::string description() const override;

 private:
  struct Net;
  at::Tensor states(const Histories& histories);
  at::Tensor dislike_part(const Batch& batch, const at::Tensor& users);

  int64_t negatives_;
  double dislikes_;
  std::shared_ptr<Net> net_;
};

}  // namespace marquee::models
