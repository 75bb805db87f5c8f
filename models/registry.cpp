#include "models/registry.h"

#include <ATen/Context.h>
#include <torch/nn/module.h>

#include "core/error.h"
#include "core/text.h"
#include "models/classic/bpr.h"
#include "models/classic/ease.h"
#include "models/classic/ials.h"
#include "models/classic/item_knn.h"
#include "models/classic/popularity.h"
#include "models/neural_cf.h"
#include "models/ratings/rating_factors.h"
#include "models/two_tower.h"

namespace marquee::models {

at::Tensor VectorModel::encode_titles(const at::Tensor&) { return {}; }
at::Tensor ScoringModel::title_vectors() { return {}; }
at::Tensor ScoringModel::score_titles(const Histories& histories, const at::Tensor& titles) {
  return score_all(histories).gather(1, titles);
}

int64_t parameter_count(Recommender& model) {
  int64_t count = 0;
  for (const auto& parameter : model.module().parameters()) count += parameter.numel();
  return count;
}

std::unique_ptr<Recommender> make_model(const configs::Config& config,
                                        const data::Dataset& dataset) {
  at::manual_seed(static_cast<uint64_t>(config.train.seed));
  const auto& catalogue = dataset.catalogue();
  if (config.model.name == "popularity") {
    return std::make_unique<Popularity>(catalogue.size(), config.model.half_life_days);
  }
  if (config.model.name == "item_knn") {
    return std::make_unique<ItemKnn>(catalogue.size(), config.model.item_knn);
  }
  if (config.model.name == "ease") {
    return std::make_unique<Ease>(catalogue.size(), config.model.ease);
  }
  if (config.model.name == "ials") {
    return std::make_unique<Ials>(catalogue.size(), config.model.dim, config.model.ials,
                                  config.train.epochs);
  }
  if (config.model.name == "bpr") return std::make_unique<Bpr>(catalogue.size(), config.model);
  const FeatureLayout layout = feature_layout(catalogue);
  const at::Tensor features = feature_table(catalogue, layout);
  if (config.model.name == "mf_ratings" || config.model.name == "svdpp") {
    return std::make_unique<RatingFactors>(config, layout, features, dataset.max_rating());
  }
  if (config.model.name == "neural_cf") {
    return std::make_unique<NeuralCf>(config, layout, features, dataset.train_counts());
  }
  if (config.model.name == "two_tower" && config.model.loss.rating_weight > 0) {
    return std::make_unique<RatedTwoTower>(config, layout, features, dataset);
  }
  if (config.model.name == "two_tower") {
    return std::make_unique<TwoTower>(config, layout, features, dataset.train_counts());
  }
  throw Error(cat("model.name: ", in_quotes(config.model.name), " is not a model"));
}

}  // namespace marquee::models
