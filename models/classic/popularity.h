// popularity: everyone gets the titles with most interactions; recent ones can count more. The
// baseline of every other model, and the fallback of serving.
#pragma once

#include "models/recommender.h"

namespace marquee::models {

// Vectors of width 1: a user is 1, a title is log(1 + its weight), so scores keep the order of
// counts and ties stay ties.
class Popularity : public VectorModel, public RoundLearner {
 public:
  // half_life_days 0: all events count the same.
  Popularity(int64_t titles, double half_life_days);

  double fit_round(const data::Dataset& dataset, int64_t round) override;
  torch::nn::Module& module() override;
  at::Tensor title_vectors() override;
  at::Tensor encode_user(const Histories& histories, const at::Tensor& title_vectors) override;
  data::TitleSimilarity similarity() const override {
    return data::TitleSimilarity::kSharedFeatures;
  }
  std::string description() const override {
    return "Ranks titles by how many interactions they have; everyone gets the same list.";
  }

 private:
  struct Net;
  double half_life_days_;
  std::shared_ptr<Net> net_;
};

}  // namespace marquee::models
