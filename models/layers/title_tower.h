// The title tower: a title is its own embedding plus the mean embedding of each of its features.
// With id dropout a title is now and then its features alone, as titles are that came after
// training (Volkovs et al. 2017, DropoutNet), and those of whose own embedding nothing was learned.
#pragma once

#include <torch/nn/module.h>
#include <torch/nn/pimpl.h>

#include <cstdint>
#include <vector>

#include "configs/config.h"
#include "models/title_features.h"

namespace marquee::models {

struct TitleTowerImpl : torch::nn::Module {
  // features: [titles + 1, columns], as feature_table gives it. Width, features and whether vectors
  // have length 1 are those of the model.
  TitleTowerImpl(const configs::ModelConfig& config, FeatureLayout layout,
                 const at::Tensor& features);

  // From then on titles without an interaction, train_counts of 0, are their features alone except
  // while training: their own embedding is what chance and being a negative made of it. Without
  // features they stay as they are. train_counts: [titles + 1].
  void learns_from(const std::vector<int64_t>& train_counts);

  // Vectors of all titles, of length 1 where scores are cosines: [titles + 1, dim]; row 0 is zero.
  at::Tensor all();

  // Vectors of some: titles [n] → [n, dim].
  at::Tensor rows(const at::Tensor& titles);

  // Features alone: [n, columns] → [n, dim].
  at::Tensor from_features(const at::Tensor& features) const;

  int64_t titles() const;
  bool has_features() const { return use_features_; }

 private:
  // learned: [rows, 1], whether anything was learned of the row's own embedding.
  at::Tensor mean_of_features(const at::Tensor& features) const;
  at::Tensor finished(const at::Tensor& vectors) const;
  at::Tensor combine(at::Tensor ids, const at::Tensor& features, const at::Tensor& learned);

  bool unit_;  // vectors have length 1
  bool use_features_;
  double id_dropout_;
  FeatureLayout layout_;
  at::Tensor id_embedding_;       // [titles + 1, dim]
  at::Tensor feature_embedding_;  // [ids + 1, dim]
  at::Tensor features_;           // [titles + 1, columns]
  at::Tensor learned_;            // [titles + 1, 1] float, 0 or 1; undefined: of all titles
};
TORCH_MODULE(TitleTower);

}  // namespace marquee::models
