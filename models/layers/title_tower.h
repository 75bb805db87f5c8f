// The title tower: a title is its own embedding plus the mean embedding of each of its features.
// With id dropout a title is now and then its features alone, as titles are that came after
// training (Volkovs et al. 2017, DropoutNet).
#pragma once

#include <torch/nn/module.h>
#include <torch/nn/pimpl.h>

#include "configs/config.h"
#include "models/title_features.h"

namespace marquee::models {

struct TitleTowerImpl : torch::nn::Module {
  // features: [titles + 1, columns], as feature_table gives it.
  TitleTowerImpl(int64_t dim, const configs::TitleConfig& config, FeatureLayout layout,
                 const at::Tensor& features);

  // Vectors of all titles: [titles + 1, dim]; row 0 is zero.
  at::Tensor all();

  // Vectors of some: titles [n] → [n, dim].
  at::Tensor rows(const at::Tensor& titles);

  // Features alone: [n, columns] → [n, dim].
  at::Tensor from_features(const at::Tensor& features) const;

  int64_t titles() const;
  bool has_features() const { return use_features_; }

 private:
  at::Tensor combine(at::Tensor ids, const at::Tensor& features);

  bool use_features_;
  double id_dropout_;
  FeatureLayout layout_;
  at::Tensor id_embedding_;       // [titles + 1, dim]
  at::Tensor feature_embedding_;  // [ids + 1, dim]
  at::Tensor features_;           // [titles + 1, columns]
};
TORCH_MODULE(TitleTower);

}  // namespace marquee::models
