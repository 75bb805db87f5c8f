// Models that were fitted to small datasets, and what they score.
#pragma once

#include <torch/torch.h>

#include <memory>
#include <string>
#include <vector>

#include "configs/yaml.h"
#include "core/file.h"
#include "data/ingest.h"
#include "models/classic/interaction_matrix.h"
#include "models/registry.h"
#include "tests/core/temp_folder.h"

namespace marquee::models {

inline constexpr const char* kIals =
    "model: {name: ials, dim: 6, regularisation: 0.05, unobserved_weight: 0.2, "
    "frequency_exponent: 0.7, prior: 0}\ntrain: {epochs: 8}\n";

inline data::Dataset dataset_of(const TempFolder& folder, const std::string& rows) {
  write_file(folder / "events.csv", "user_id,title_id,timestamp,event,value,split\n" + rows);
  data::IngestOptions options;
  options.interactions = {folder / "events.csv"};
  options.out = folder / "dataset";
  options.split.split = data::Split::kGiven;
  options.overwrite = true;
  data::ingest(options);
  return data::Dataset(options.out);
}

inline constexpr int64_t kAllRounds = -1;  // as many as the configuration says

inline std::unique_ptr<Recommender> fitted(const data::Dataset& dataset, const std::string& yaml,
                                           int64_t rounds = 1) {
  auto model = make_model(configs::parse_config(yaml, "test.yaml"), dataset);
  auto& learner = dynamic_cast<RoundLearner&>(*model);
  if (rounds == kAllRounds) rounds = learner.rounds();
  for (int64_t round = 0; round < rounds; ++round) learner.fit_round(dataset, round);
  model->module().eval();
  return model;
}

// [users, titles + 1] of 0 and 1, as the models learn from it.
inline at::Tensor interaction_matrix(const data::Dataset& dataset) {
  const InteractionMatrix interactions(dataset);
  at::Tensor x = torch::zeros({dataset.users(), dataset.catalogue().size() + 1}, at::kDouble);
  for (int64_t user = 0; user < dataset.users(); ++user) {
    for (const uint32_t title : interactions.titles_of_user[user]) x[user][title] = 1;
  }
  return x;
}

inline Histories history_of(const std::vector<int64_t>& titles) {
  const at::Tensor row = torch::tensor(titles).unsqueeze(0);
  return {row, torch::ones(row.sizes()) * row.gt(0), torch::zeros(row.sizes())};
}

inline at::Tensor scores_of(Recommender& model, const Histories& histories) {
  const torch::NoGradGuard no_grad;
  if (auto* scoring = dynamic_cast<ScoringModel*>(&model)) return scoring->score_all(histories);
  const at::Tensor vectors = model.title_vectors();
  return dynamic_cast<VectorModel&>(model).encode_user(histories, vectors).matmul(vectors.t());
}

}  // namespace marquee::models
