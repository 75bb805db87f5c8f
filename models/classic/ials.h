// ials: matrix factorisation of interactions by alternating least squares (Hu, Koren & Volinsky
// 2008), with the objective and the regularisation of Rendle et al. 2022, "Revisiting the
// performance of iALS on item recommendation benchmarks".
#pragma once

#include <optional>
#include <utility>

#include "models/recommender.h"

namespace marquee::models {

// Over users u, titles i and the pairs S with an interaction, minimises
//   Σ_S (w_u·h_i − 1)² + α Σ_ui (w_u·h_i)² + λ Σ_u (n_u + α I)^ν |w_u|² + λ Σ_i (n_i + α U)^ν
//   |h_i|² + Σ_T (w_u·h_i + model.dislikes)²
// with n how often each occurs, I titles and U users, of those that occur at all, and T the pairs
// whose title was disliked; without T where model.dislikes is 0. An α of 0 in the
// configuration stands for min(1000, 60 n̄) / I, with n̄ the mean of n_u: λ α I, which all vectors
// are shrunk by, and the weight of what a member did against what she did not must not grow with
// the catalogue. A round solves
// for all users, then for all titles, each exactly. User vectors are not kept: the served module
// solves for any history. What is popular adds to the scores of members with little history
// (newcomers.h), as one more dimension of the vectors.
//
// Under hide_members() all vectors of users have length 1 and a round learns h_i from noisy sums
// over them (private_sums.h). That of the users with a title, w_u w_uᵀ, is taken to be the mean
// over all users times the noisy n_i: a noisy one a title, as in Chien et al. 2021, costs more than
// it gives.
class Ials : public VectorModel, public RoundLearner, public PrivateLearner, public Explainable {
 public:
  Ials(int64_t titles, const configs::Config& config);
  ~Ials() override;

  int64_t rounds() const override { return rounds_; }
  double fit_round(const data::Dataset& dataset, int64_t round) override;
  void hide_members(MemberPrivacy privacy) override { privacy_ = std::move(privacy); }
  torch::nn::Module& module() override;
  at::Tensor title_vectors() override;
  at::Tensor encode_user(const Histories& histories, const at::Tensor& title_vectors) override;
  at::Tensor contributions(const Histories& histories, const at::Tensor& titles,
                           const at::Tensor& title_vectors) override;
  std::string description() const override;

 private:
  struct Net;
  struct Problem;
  double fit_private_round(const data::Dataset& dataset);
  at::Tensor rows_of(const at::Tensor& titles, const at::Tensor& title_vectors) const;
  at::Tensor factored_system(const at::Tensor& liked, const at::Tensor& rows) const;
  // α; interactions, users and titles: how many there are.
  double unobserved_weight(double interactions, double users, double titles) const;
  configs::IalsConfig config_;
  double prior_, dislikes_;
  int64_t rounds_;
  std::optional<MemberPrivacy> privacy_;
  std::unique_ptr<Problem> problem_;  // made in the first round that is fitted
  std::shared_ptr<Net> net_;
};

}  // namespace marquee::models
