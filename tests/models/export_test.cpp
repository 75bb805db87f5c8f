#include <gtest/gtest.h>
#include <torch/torch.h>

#include <cmath>
#include <set>

#include "configs/yaml.h"
#include "inference/scripted_model.h"
#include "models/export/torchscript.h"
#include "models/registry.h"
#include "models/title_features.h"
#include "tests/models/tiny_dataset.h"

namespace marquee::models {
namespace {

struct Variant {
  const char* name;
  const char* yaml;
};

class Export : public testing::TestWithParam<Variant> {};

inference::HistoryBatch as_batch(const Histories& histories) {
  const auto values = [](const at::Tensor& tensor, auto& to) {
    using T = typename std::decay_t<decltype(to)>::value_type;
    const T* first = tensor.const_data_ptr<T>();
    to.assign(first, first + tensor.numel());
  };
  inference::HistoryBatch batch;
  batch.batch = histories.titles.size(0);
  batch.length = histories.titles.size(1);
  values(histories.titles, batch.titles);
  values(histories.signals, batch.signals);
  values(histories.ages, batch.ages);
  if (histories.users.defined()) values(histories.users, batch.users);
  return batch;
}

void expect_equal(const std::vector<float>& got, const at::Tensor& expected, const char* what) {
  const at::Tensor tensor = torch::tensor(got).view(expected.sizes());
  EXPECT_TRUE(torch::allclose(tensor, expected, 1e-5, 1e-5)) << what << " " << expected.sizes();
}

// Every title that is not in the history, best first, and then title 0 with score 0.
void expect_unseen_titles(const inference::ScriptedModel& served,
                          const inference::HistoryBatch& histories, int64_t titles) {
  const auto top = served.forward(histories, titles);
  for (int64_t row = 0; row < histories.batch; ++row) {
    const auto* const history = histories.titles.data() + row * histories.length;
    std::set<int64_t> known(history, history + histories.length);
    known.insert(0);
    const auto unseen = titles + 1 - std::ssize(known);
    for (int64_t place = 0; place < titles; ++place) {
      const int64_t title = top.titles[row * titles + place];
      const float score = top.scores[row * titles + place];
      if (place < unseen) {
        EXPECT_TRUE(known.insert(title).second) << title << " at place " << place;
        EXPECT_TRUE(std::isfinite(score));
        EXPECT_TRUE(place == 0 || top.scores[row * titles + place - 1] >= score);
      } else {
        EXPECT_EQ(title, 0);
        EXPECT_EQ(score, 0);
      }
    }
  }
}

// The module that is served gives what the trained one gives, at batch sizes and lengths that it
// was not traced with.
TEST_P(Export, GivesWhatTheModelGives) {
  const TempFolder folder;
  const data::Dataset dataset = tiny_dataset(folder);
  const auto config = configs::parse_config(GetParam().yaml, "test.yaml");
  const auto model = make_model(config, dataset);
  if (auto* learner = dynamic_cast<RoundLearner*>(model.get())) learner->fit_round(dataset, 0);
  model->module().eval();
  const torch::NoGradGuard no_grad;
  auto* vector_model = dynamic_cast<VectorModel*>(model.get());
  const FeatureLayout layout = feature_layout(dataset.catalogue());
  const bool has_tower =
      vector_model != nullptr &&
      vector_model->encode_titles(torch::ones({1, layout.columns}, at::kLong)).defined();
  const int64_t titles = dataset.catalogue().size();
  const int64_t users = model->reads_users() ? dataset.users() : 0;
  export_torchscript(*model,
                     {titles, config.data.max_history, has_tower ? layout.columns : 0, users},
                     folder / "model.pt");

  const inference::ScriptedModel served(folder / "model.pt");
  for (const auto& [batch, length] : {std::pair{1, 1}, {4, 7}, {9, 12}}) {
    const Histories histories{
        std::get<0>(torch::randint(0, titles + 1, {batch, length}, at::kLong).sort(1, true)),
        torch::rand({batch, length}), torch::rand({batch, length}) * 1e5,
        users > 0 ? torch::randint(0, users + 1, {batch}, at::kLong) : at::Tensor()};
    const auto history_batch = as_batch(histories);
    if (vector_model != nullptr) {
      expect_equal(served.encode_user(history_batch),
                   vector_model->encode_user(histories, model->title_vectors()), "encode_user");
    } else {
      expect_equal(served.score_all(history_batch),
                   dynamic_cast<ScoringModel&>(*model).score_all(histories), "score_all");
    }
    expect_unseen_titles(served, history_batch, titles);
    if (auto* predictor = dynamic_cast<RatingPredictor*>(model.get())) {
      const at::Tensor some = torch::randint(1, titles + 1, {batch, 3}, at::kLong);
      expect_equal(served.predict_rating(
                       history_batch,
                       {some.const_data_ptr<int64_t>(), static_cast<size_t>(some.numel())}, 3),
                   predictor->predict_rating(histories, some), "predict_rating");
    }
  }
  EXPECT_EQ(served.has_method("encode_titles"), has_tower);
}

INSTANTIATE_TEST_SUITE_P(
    Models, Export,
    testing::Values(
        Variant{"attention", "model: {dim: 16}\ndata: {max_history: 12}\n"},
        Variant{"mean", "model: {dim: 16, history: {encoder: mean}}\ndata: {max_history: 12}\n"},
        Variant{
            "ligr_cosine",
            "model: {dim: 16, scores: cosine, history: {encoder: ligr}, loss: {learn_temperature: "
            "true}}\ndata: {max_history: 12}\n"},
        Variant{"hstu", "model: {dim: 16, history: {encoder: hstu}}\ndata: {max_history: 12}\n"},
        Variant{"hstu_timeless",
                "model: {dim: 8, history: {encoder: hstu, age: false}}\n"
                "data: {max_history: 12}\n"},
        Variant{"gbce", "model: {dim: 8, loss: {kind: gbce}}\ndata: {max_history: 12}\n"},
        Variant{"bare",
                "model: {dim: 8, history: {signal: false, age: false}, title: {features: false}}\n"
                "data: {max_history: 12}\n"},
        Variant{"two_tower_with_feedback",
                "model: {dim: 8, loss: {completion_weight: 1, rating_weight: 1}}\n"
                "data: {max_history: 12}\n"},
        Variant{"popularity", "model: {name: popularity}\ndata: {max_history: 12}\n"},
        Variant{"item_knn", "model: {name: item_knn, neighbours: 5}\ndata: {max_history: 12}\n"},
        Variant{"ease", "model: {name: ease, regularisation: 3}\ndata: {max_history: 12}\n"},
        Variant{"ials", "model: {name: ials, dim: 8}\ndata: {max_history: 12}\n"},
        Variant{"bpr", "model: {name: bpr, dim: 8}\ndata: {max_history: 12}\n"},
        Variant{"neumf", "model: {name: neural_cf, dim: 8}\ndata: {max_history: 12}\n"},
        Variant{"gmf",
                "model: {name: neural_cf, form: gmf, dim: 8, history: {encoder: mean}}\n"
                "data: {max_history: 12}\n"},
        Variant{"mlp",
                "model: {name: neural_cf, form: mlp, dim: 8, title: {features: false}}\n"
                "data: {max_history: 12}\n"},
        Variant{"neumf_by_ids",
                "model: {name: neural_cf, dim: 8, member: id}\ndata: {max_history: 12}\n"},
        Variant{"neumf_by_both",
                "model: {name: neural_cf, dim: 8, member: both}\ndata: {max_history: 12}\n"},
        Variant{"mf_ratings",
                "model: {name: mf_ratings, dim: 4, samples: 3}\ndata: {max_history: 12}\n"},
        Variant{"svdpp",
                "model: {name: svdpp, dim: 4, samples: 2, features: false}\n"
                "data: {max_history: 12}\n"}),
    [](const auto& variant) { return variant.param.name; });

}  // namespace
}  // namespace marquee::models
