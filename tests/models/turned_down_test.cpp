// Models that learn by steps of a loss learn from titles that were turned down.
#include <gtest/gtest.h>
#include <torch/torch.h>

#include "configs/yaml.h"
#include "core/text.h"
#include "models/layers/turned_down_loss.h"
#include "models/registry.h"
#include "tests/models/tiny_dataset.h"

namespace marquee::models {
namespace {

TEST(TurnedDownLoss, IsItsDefinition) {
  Batch batch;
  batch.targets = torch::ones({5}, at::kLong);
  const at::Tensor scores = torch::tensor({1.5F, -2.0F});
  const at::Tensor others = torch::tensor({{0.0F, 1.0F, 2.0F}, {0.5F, 0.5F, 0.5F}});
  const double usual = std::log((1 + std::exp(1.0) + std::exp(2.0)) / 3);
  const double expected =
      (std::log(1 + std::exp(1.5 - usual)) + std::log(1 + std::exp(-2.0 - 0.5))) / 5;
  EXPECT_NEAR(turned_down_loss(batch, scores, others).item<double>(), expected, 1e-6);
}

class TurnedDown : public testing::TestWithParam<const char*> {};

at::Tensor scores_of(Recommender& model, const Histories& histories) {
  const torch::NoGradGuard no_grad;
  if (auto* scoring = dynamic_cast<ScoringModel*>(&model)) return scoring->score_all(histories);
  const at::Tensor vectors = model.title_vectors();
  return dynamic_cast<VectorModel&>(model).encode_user(histories, vectors).matmul(vectors.t());
}

std::unique_ptr<Recommender> made(const data::Dataset& dataset, double dislikes) {
  torch::manual_seed(2);
  auto model =
      make_model(configs::parse_config(cat("model: {dim: 16, dislikes: ", dislikes, ", ",
                                           TurnedDown::GetParam(), "}\ndata: {max_history: 6}\n"),
                                       "test.yaml"),
                 dataset);
  model->module().eval();  // without dropout
  return model;
}

// Histories of titles 1 to 6, after which each row turns one down and watches another.
Batch batch_of(int64_t rows) {
  Batch batch;
  const at::Tensor titles = torch::arange(rows * 6).view({rows, 6}) % 6 + 1;
  batch.histories = {titles, torch::ones({rows, 6}), torch::zeros({rows, 6})};
  batch.histories.users = torch::zeros({rows}, at::kLong);
  batch.positions = torch::arange(rows) * 7 + 6;
  batch.targets = torch::arange(rows) % 10 + 8;
  batch.completed = batch.liked = torch::full({rows}, std::nanf(""));
  batch.turned_down = torch::full({rows}, 20, at::kLong);
  batch.turned_down_positions = batch.positions.clone();
  return batch;
}

// How far title 20 is above the mean of all others.
double above(Recommender& model, const Histories& histories) {
  const at::Tensor scores = scores_of(model, histories);
  return (scores.select(1, 20) - scores.slice(1, 1).mean(1)).mean().item<double>();
}

void learn(Recommender& model, const Batch& batch) {
  for (int step = 0; step < 40; ++step) {
    model.module().zero_grad();
    dynamic_cast<GradientLearner&>(model).loss(batch).backward();
    const torch::NoGradGuard no_grad;
    for (auto& parameter : model.module().parameters()) {
      if (parameter.grad().defined()) parameter.sub_(parameter.grad() * 0.2);
    }
  }
}

TEST_P(TurnedDown, ScoresBelowTheUsual) {
  const TempFolder folder;
  const auto dataset = tiny_dataset(folder);
  const Batch batch = batch_of(24);
  const auto with = made(dataset, 3), without = made(dataset, 0);
  EXPECT_EQ(above(*with, batch.histories), above(*without, batch.histories));
  learn(*with, batch);
  Batch others = batch;
  others.turned_down = others.turned_down_positions = at::Tensor();
  learn(*without, others);
  EXPECT_LT(above(*with, batch.histories), above(*without, batch.histories) - 0.1);
}

INSTANTIATE_TEST_SUITE_P(
    Models, TurnedDown,
    testing::Values("name: bpr", "name: two_tower, history: {blocks: 1, heads: 1}",
                    "name: two_tower, history: {blocks: 1, heads: 1}, loss: {kind: sampled}",
                    "name: neural_cf, history: {blocks: 1, heads: 1}",
                    "name: neural_cf, form: gmf, history: {blocks: 1, heads: 1}"));

}  // namespace
}  // namespace marquee::models
