#include "models/layers/title_tower.h"

#include <ATen/ops/bernoulli.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/embedding.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/full.h>
#include <ATen/ops/randn.h>
#include <ATen/ops/tensor.h>

#include <utility>

#include "models/layers/gather.h"
#include "models/layers/unit_vectors.h"

namespace marquee::models {

namespace {
constexpr double kInitialDeviation = 0.05;

at::Tensor embedding_table(int64_t rows, int64_t dim) {
  at::Tensor table = at::randn({rows, dim}) * kInitialDeviation;
  table.select(0, 0).zero_();
  return table;
}
}  // namespace

TitleTowerImpl::TitleTowerImpl(const configs::ModelConfig& config, FeatureLayout layout,
                               const at::Tensor& features)
    : unit_(config.scores == "cosine"),
      use_features_(config.title.features),
      id_dropout_(config.title.id_dropout),
      layout_(std::move(layout)) {
  id_embedding_ = register_parameter("id_embedding", embedding_table(features.size(0), config.dim));
  if (use_features_) {
    feature_embedding_ =
        register_parameter("feature_embedding", embedding_table(layout_.ids + 1, config.dim));
    features_ = register_buffer("content", features);
  }
}

int64_t TitleTowerImpl::titles() const { return id_embedding_.size(0) - 1; }

at::Tensor TitleTowerImpl::finished(const at::Tensor& vectors) const {
  return unit_ ? unit_vectors(vectors) : vectors;
}

at::Tensor TitleTowerImpl::from_features(const at::Tensor& features) const {
  return finished(mean_of_features(features));
}

at::Tensor TitleTowerImpl::mean_of_features(const at::Tensor& features) const {
  // Each name weighs one over the number of names of its feature, so a feature is a mean.
  std::vector<at::Tensor> weights;
  for (const auto& field : layout_.fields) {
    const at::Tensor present =
        features.slice(1, field.first_column, field.first_column + field.columns)
            .gt(0)
            .to(feature_embedding_.scalar_type());
    weights.push_back(present / present.sum(1, /*keepdim=*/true).clamp_min(1));
  }
  return weighted_bags(feature_embedding_, features, at::cat(weights, 1));
}

void TitleTowerImpl::learns_from(const std::vector<int64_t>& train_counts) {
  if (use_features_) learned_ = at::tensor(train_counts).gt(0).to(at::kFloat).unsqueeze(1);
}

at::Tensor TitleTowerImpl::combine(at::Tensor ids, const at::Tensor& features,
                                   const at::Tensor& learned) {
  if (!use_features_) return finished(ids);
  if (is_training() && id_dropout_ > 0) {
    const at::Tensor kept = at::bernoulli(
        at::full({ids.size(0), 1}, 1 - id_dropout_, ids.options().requires_grad(false)));
    ids = ids * kept;
  }
  if (!is_training() && learned.defined()) ids = ids * learned;
  return finished(ids + mean_of_features(features));
}

at::Tensor TitleTowerImpl::all() {
  if (learned_.defined()) learned_ = learned_.to(id_embedding_.device());
  return combine(id_embedding_, features_, learned_);
}

at::Tensor TitleTowerImpl::rows(const at::Tensor& titles) {
  const at::Tensor ids = at::embedding(id_embedding_, titles, /*padding_idx=*/0);
  if (!use_features_) return finished(ids);
  if (learned_.defined()) learned_ = learned_.to(id_embedding_.device());
  return combine(ids, features_.index_select(0, titles),
                 learned_.defined() ? learned_.index_select(0, titles) : learned_);
}

}  // namespace marquee::models
