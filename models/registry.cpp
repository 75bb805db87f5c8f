#include "models/registry.h"

#include <ATen/Context.h>
#include <torch/nn/module.h>

#include <iterator>
#include <stdexcept>

#include "data/member_groups.h"
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

namespace {
// Of members, to hide in their vectors; 0: nothing is hidden.
int64_t hidden_groups(const configs::Config& config, const data::Dataset& dataset) {
  if (config.model.loss.hide_groups == 0) return 0;
  const auto groups =
      data::member_groups(dataset, config.train.groups.attribute, "train.groups.attribute");
  return std::ssize(groups.names);
}
}  // namespace

std::unique_ptr<Recommender> make_model(const configs::Config& config,
                                        const data::Dataset& dataset) {
  at::manual_seed(static_cast<uint64_t>(config.train.seed));
  const auto& catalogue = dataset.catalogue();
  const FeatureLayout layout = feature_layout(catalogue);
  const auto features = [&] { return feature_table(catalogue, layout); };
  switch (configs::kind_of(config.model)) {
    case configs::ModelKind::kPopularity:
      return std::make_unique<Popularity>(catalogue.size(), config.model.half_life_days);
    case configs::ModelKind::kItemKnn:
      return std::make_unique<ItemKnn>(catalogue.size(), config.model);
    case configs::ModelKind::kEase:
      return std::make_unique<Ease>(catalogue.size(), config.model);
    case configs::ModelKind::kIals:
      return std::make_unique<Ials>(catalogue.size(), config);
    case configs::ModelKind::kBpr:
      return std::make_unique<Bpr>(catalogue.size(), config.model);
    case configs::ModelKind::kMfRatings:
    case configs::ModelKind::kSvdpp:
      return std::make_unique<RatingFactors>(config, layout, features(), dataset.rating_scale());
    case configs::ModelKind::kNeuralCf:
      return std::make_unique<NeuralCf>(
          config, layout, features(),
          TrainCounts{dataset.train_counts(), dataset.train_counts_of_users()});
    case configs::ModelKind::kTwoTower:
      if (config.model.loss.rating_weight > 0) {
        return std::make_unique<RatedTwoTower>(config, layout, features(), dataset,
                                               hidden_groups(config, dataset));
      }
      return std::make_unique<TwoTower>(config, layout, features(), dataset.train_counts(),
                                        hidden_groups(config, dataset));
  }
  throw std::logic_error("an unknown kind of model");
}

}  // namespace marquee::models
