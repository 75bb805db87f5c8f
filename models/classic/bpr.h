// bpr: matrix factorisation that learns to put what was watched before what was not (Rendle et al.
// 2009), members being the sum of what they watched, as in FISM (Kabbur et al. 2013), so that any
// history can be served.
#pragma once

#include "models/recommender.h"

namespace marquee::models {

// The score of title i for a member who watched j = 1..n is
//   (s + Σ_j p_j / √n) · q_i + b_i
class Bpr : public VectorModel, public GradientLearner {
 public:
  Bpr(int64_t titles, const configs::ModelConfig& config);

  torch::nn::Module& module() override;
  at::Tensor title_vectors() override;
  at::Tensor encode_user(const Histories& histories, const at::Tensor& title_vectors) override;
  at::Tensor loss(const Batch& batch) override;
  std::string description() const override;

 private:
  struct Net;
  at::Tensor states(const Histories& histories);

  int64_t negatives_;
  std::shared_ptr<Net> net_;
};

}  // namespace marquee::models
