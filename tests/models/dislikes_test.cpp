// What models learn from dislikes.
#include <gtest/gtest.h>
#include <torch/torch.h>

#include "configs/yaml.h"
#include "core/text.h"
#include "models/layers/counted_titles.h"
#include "models/layers/dislike_loss.h"
#include "models/registry.h"
#include "tests/models/fitted.h"
#include "tests/models/tiny_dataset.h"

namespace marquee::models {
namespace {

TEST(InteractionMatrix, TheNewestEventOfAPairDecides) {
  const TempFolder folder;
  const auto dataset = dataset_of(folder,
                                  "a,x,1,play,,train\na,x,2,hide,,train\na,y,3,dislike,,train\n"
                                  "a,y,4,play,,train\na,z,5,dislike,,test\n");
  const auto of_a = [&](const InteractionMatrix& matrix) {
    std::vector<std::string> ids;
    for (const uint32_t title : matrix.titles_of_user[0]) {
      ids.emplace_back(dataset.catalogue().id(title));
    }
    return ids;
  };
  EXPECT_EQ(of_a(InteractionMatrix(dataset)), std::vector<std::string>{"y"});
  EXPECT_EQ(of_a(InteractionMatrix::disliked(dataset)), std::vector<std::string>{"x"});
  EXPECT_TRUE(of_a(InteractionMatrix::none(dataset)).empty());
}

TEST(CountedTitles, CountAsTheirNewestEventSays) {
  const at::Tensor titles = torch::tensor({{4, 9, 4, 7, 9, 5, 5, 0}});
  const Histories histories{
      titles, torch::tensor({{1.0F, -1.0F, 0.2F, -0.5F, 1.0F, 1.0F, -1.0F, 0.0F}}), {}};
  const CountedTitles counted = counted_titles(histories, 0.25);
  EXPECT_TRUE(torch::equal(counted.titles, torch::tensor({{0, 0, 4, 7, 9, 0, 5, 0}})));
  EXPECT_TRUE(torch::equal(counted.weights,
                           torch::tensor({{0.0F, 0.0F, 1.0F, -0.25F, 1.0F, 0.0F, -0.25F, 0.0F}})));
  EXPECT_EQ(counted.liked().item<float>(), 2);
  const CountedTitles liked = counted_titles(histories, 0);
  EXPECT_TRUE(torch::equal(liked.titles, torch::tensor({{0, 0, 4, 0, 9, 0, 0, 0}})));
  EXPECT_TRUE(torch::equal(liked.weights, liked.titles.gt(0).to(at::kFloat)));
}

// Scores of these models are sums over the history.
class Dislikes : public testing::TestWithParam<const char*> {};

TEST_P(Dislikes, CountAgainstWhatIsLikeThem) {
  const TempFolder folder;
  const auto dataset = tiny_dataset(folder);
  const auto scored = [&](const std::string& dislikes, std::vector<float> signals) {
    const auto model = fitted(
        dataset, cat("model: {name: ", GetParam(), ", prior: 0, dislikes: ", dislikes, "}\n"));
    Histories histories = history_of({4, 9});
    histories.signals = torch::tensor(signals).unsqueeze(0);
    return scores_of(*model, histories);
  };
  const at::Tensor of_both = scored("0.5", {1, -1}), of_liked = scored("0.5", {1, 0});
  const at::Tensor of_other = scored("0.5", {0, 1});
  EXPECT_TRUE(torch::allclose(of_both, of_liked - 0.5 * of_other, 1e-4, 1e-6));
  EXPECT_TRUE(torch::equal(scored("0", {1, -1}), scored("0", {1, 0})));
}

INSTANTIATE_TEST_SUITE_P(Classic, Dislikes, testing::Values("item_knn", "ease"));

// With the pairs that were disliked: scores of them are to be -0.4.
TEST(Ials, LearnsFromWhatWasLearnedDislikes) {
  const TempFolder folder;
  std::string rows;
  for (int user = 0; user < 12; ++user) {
    for (int title = 0; title < 8; ++title) {
      if ((user * 5 + title * 3) % 7 > 3) continue;
      const bool disliked = (user + title) % 3 == 0;
      rows += cat("u", user, ",t", title, ",", title, disliked ? ",dislike" : ",play", ",,train\n");
    }
  }
  const auto dataset = dataset_of(folder, rows);
  const std::string yaml =
      std::string(kIals).replace(std::string(kIals).find("prior: 0"), 8, "prior: 0, dislikes: 0.4");
  const auto model = fitted(dataset, yaml, 3);
  const at::Tensor titles = model->title_vectors().to(at::kDouble).clone();
  const InteractionMatrix disliked = InteractionMatrix::disliked(dataset);
  const at::Tensor liked = interaction_matrix(dataset);
  at::Tensor targets = liked.clone();
  for (int64_t user = 0; user < dataset.users(); ++user) {
    for (const uint32_t title : disliked.titles_of_user[user]) targets[user][title] = -0.4;
  }
  const double occurring = liked.sum(0).gt(0).sum().item<double>();
  const auto solved = [&](int64_t user) {
    const at::Tensor target = targets[user];
    const double frequency = liked[user].sum().item<double>() + 0.2 * occurring;
    const at::Tensor system = (titles.t() * (target.ne(0) + 0.2)).matmul(titles) +
                              0.05 * std::pow(frequency, 0.7) * torch::eye(6, at::kDouble);
    return at::linalg_solve(system, titles.t().matmul(target));
  };
  // As it is served.
  for (const int64_t user : {0, 5}) {
    const at::Tensor places = targets[user].nonzero().squeeze(1);
    Histories histories = history_of({});
    histories.titles = places.unsqueeze(0);
    histories.signals = targets[user].index_select(0, places).sign().to(at::kFloat).unsqueeze(0);
    histories.ages = torch::zeros(histories.signals.sizes());
    EXPECT_TRUE(torch::allclose(scores_of(*model, histories)[0].to(at::kDouble),
                                titles.matmul(solved(user)), 1e-3, 1e-5));
  }
  // As it is learned: the next round solves for titles given these users.
  std::vector<at::Tensor> users;
  for (int64_t user = 0; user < dataset.users(); ++user) users.push_back(solved(user));
  const at::Tensor u = torch::stack(users);
  dynamic_cast<RoundLearner&>(*model).fit_round(dataset, 3);
  const at::Tensor next = model->title_vectors().to(at::kDouble);
  const double active = liked.sum(1).gt(0).sum().item<double>();
  for (int64_t title = 1; title < targets.size(1); ++title) {
    const at::Tensor target = targets.select(1, title);
    const double frequency = liked.select(1, title).sum().item<double>() + 0.2 * active;
    const at::Tensor system = (u.t() * (target.ne(0) + 0.2)).matmul(u) +
                              0.05 * std::pow(frequency, 0.7) * torch::eye(6, at::kDouble);
    EXPECT_TRUE(
        torch::allclose(next[title], at::linalg_solve(system, u.t().matmul(target)), 1e-3, 1e-4))
        << title;
  }
}

TEST(DislikeLoss, IsItsDefinition) {
  Batch batch;
  batch.targets = torch::ones({5}, at::kLong);
  const at::Tensor scores = torch::tensor({1.5F, -2.0F});
  const at::Tensor others = torch::tensor({{0.0F, 1.0F, 2.0F}, {0.5F, 0.5F, 0.5F}});
  const double usual = std::log((1 + std::exp(1.0) + std::exp(2.0)) / 3);
  const double expected =
      (std::log(1 + std::exp(1.5 - usual)) + std::log(1 + std::exp(-2.0 - 0.5))) / 5;
  EXPECT_NEAR(dislike_loss(batch, scores, others).item<double>(), expected, 1e-6);
}

class LearnedDislikes : public testing::TestWithParam<const char*> {};

std::unique_ptr<Recommender> made(const data::Dataset& dataset, double dislikes) {
  torch::manual_seed(2);
  auto model = make_model(
      configs::parse_config(cat("model: {dim: 16, dislikes: ", dislikes, ", ",
                                LearnedDislikes::GetParam(), "}\ndata: {max_history: 6}\n"),
                            "test.yaml"),
      dataset);
  model->module().eval();  // without dropout
  return model;
}

// Histories of titles 1 to 6, after which each row dislikes one and watches another.
Batch batch_of(int64_t rows) {
  Batch batch;
  const at::Tensor titles = torch::arange(rows * 6).view({rows, 6}) % 6 + 1;
  batch.histories = {titles, torch::ones({rows, 6}), torch::zeros({rows, 6})};
  batch.histories.users = torch::zeros({rows}, at::kLong);
  batch.positions = torch::arange(rows) * 7 + 6;
  batch.targets = torch::arange(rows) % 10 + 8;
  batch.completed = batch.liked = torch::full({rows}, std::nanf(""));
  batch.disliked = torch::full({rows}, 20, at::kLong);
  batch.disliked_positions = batch.positions.clone();
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

TEST_P(LearnedDislikes, ScoresBelowTheUsual) {
  const TempFolder folder;
  const auto dataset = tiny_dataset(folder);
  const Batch batch = batch_of(24);
  const auto with = made(dataset, 3), without = made(dataset, 0);
  EXPECT_EQ(above(*with, batch.histories), above(*without, batch.histories));
  learn(*with, batch);
  Batch others = batch;
  others.disliked = others.disliked_positions = at::Tensor();
  learn(*without, others);
  EXPECT_LT(above(*with, batch.histories), above(*without, batch.histories) - 0.1);
}

INSTANTIATE_TEST_SUITE_P(
    Models, LearnedDislikes,
    testing::Values("name: bpr", "name: two_tower, history: {blocks: 1, heads: 1}",
                    "name: two_tower, history: {blocks: 1, heads: 1}, loss: {kind: sampled}",
                    "name: neural_cf, history: {blocks: 1, heads: 1}",
                    "name: neural_cf, form: gmf, history: {blocks: 1, heads: 1}"));

}  // namespace
}  // namespace marquee::models
