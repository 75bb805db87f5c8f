// bpr and neural_cf: losses against their definitions, and toys whose answer is known.
#include <gtest/gtest.h>
#include <torch/torch.h>

#include <cmath>

#include "configs/yaml.h"
#include "core/file.h"
#include "data/ingest.h"
#include "models/layers/user_embedding.h"
#include "models/registry.h"
#include "tests/models/tiny_dataset.h"

namespace marquee::models {
namespace {

constexpr const char* kBpr = "model: {name: bpr, dim: 8, negatives: 4}\ndata: {max_history: 20}\n";

std::string neural(const std::string& form, const std::string& more = "") {
  return "model: {name: neural_cf, form: " + form +
         ", dim: 8, negatives: 20, history: {encoder: mean, dropout: 0}, title: {id_dropout: 0}" +
         more + "}\ndata: {max_history: 20}\n";
}

std::unique_ptr<Recommender> made(const data::Dataset& dataset, const std::string& yaml) {
  return make_model(configs::parse_config(yaml, "test.yaml"), dataset);
}

// Users of the even and of the odd titles: who saw two of a kind sees another of it.
Batch of_two_kinds(int64_t titles, int64_t rows) {
  Batch batch;
  const at::Tensor kind = torch::arange(rows).remainder(2).unsqueeze(1);
  batch.histories.titles = torch::randint(0, titles / 2, {rows, 2}, at::kLong) * 2 + 1 + kind;
  batch.histories.signals = torch::ones({rows, 2});
  batch.histories.ages = torch::zeros({rows, 2});
  batch.positions = torch::arange(rows) * 3 + 2;
  batch.targets = (torch::randint(0, titles / 2, {rows, 1}, at::kLong) * 2 + 1 + kind).squeeze(1);
  return batch;
}

at::Tensor scores_of(Recommender& model, const Histories& histories) {
  const torch::NoGradGuard no_grad;
  model.module().eval();
  if (auto* scoring = dynamic_cast<ScoringModel*>(&model)) return scoring->score_all(histories);
  const at::Tensor vectors = model.title_vectors();
  return dynamic_cast<VectorModel&>(model).encode_user(histories, vectors).matmul(vectors.t());
}

class Learners : public testing::TestWithParam<std::string> {
 protected:
  Learners() : dataset_(tiny_dataset(folder_)), model_(made(dataset_, GetParam())) {}
  TempFolder folder_;
  data::Dataset dataset_;
  std::unique_ptr<Recommender> model_;
};

TEST_P(Learners, SeparateTwoKinds) {
  torch::manual_seed(1);
  torch::optim::Adam optimizer(model_->module().parameters(), torch::optim::AdamOptions(0.02));
  for (int step = 0; step < 150; ++step) {
    optimizer.zero_grad();
    dynamic_cast<GradientLearner&>(*model_).loss(of_two_kinds(30, 64)).backward();
    optimizer.step();
  }
  const at::Tensor scores = scores_of(*model_, of_two_kinds(30, 8).histories).slice(1, 1);
  for (int64_t row = 0; row < 8; ++row) {
    const at::Tensor of_kind = torch::arange(30).remainder(2).eq(row % 2);
    EXPECT_GT(scores[row].masked_select(of_kind).min().item<float>(),
              scores[row].masked_select(~of_kind).max().item<float>())
        << "row " << row;
  }
}

TEST_P(Learners, SameSeedSameLoss) {
  const auto other = made(dataset_, GetParam());
  torch::manual_seed(3);
  const Batch batch = of_two_kinds(30, 16);
  torch::manual_seed(4);
  const double first = dynamic_cast<GradientLearner&>(*model_).loss(batch).item<double>();
  torch::manual_seed(4);
  EXPECT_EQ(dynamic_cast<GradientLearner&>(*other).loss(batch).item<double>(), first);
}

TEST_P(Learners, EventsThatFollowChangeNothing) {
  const at::Tensor titles = torch::tensor({{3, 4, 0, 0}});
  const at::Tensor alone = torch::tensor({{3, 4}});
  const auto history = [](const at::Tensor& t) {
    return Histories{t, torch::ones(t.sizes()) * t.gt(0), torch::zeros(t.sizes())};
  };
  EXPECT_TRUE(torch::allclose(scores_of(*model_, history(titles)),
                              scores_of(*model_, history(alone)), 1e-5, 1e-6));
}

INSTANTIATE_TEST_SUITE_P(Neural, Learners,
                         testing::Values(kBpr, neural("gmf"), neural("mlp"), neural("neumf"),
                                         neural("neumf", ", loss: bce, pretrain_steps: 50")));

std::string by_ids(const std::string& member) {
  return "model: {name: neural_cf, form: neumf, dim: 8, negatives: 20, title: {id_dropout: 0}, "
         "member: " +
         member + (member == "id" ? "" : ", history: {encoder: mean, dropout: 0}") +
         "}\ndata: {max_history: 20}\n";
}

// Users 1, 2, ... watch one kind each, and no history says which.
Batch of_known_users(int64_t titles, int64_t rows) {
  Batch batch = of_two_kinds(titles, rows);
  batch.histories.titles.zero_();
  batch.histories.users = torch::arange(1, rows + 1);
  batch.positions = torch::arange(rows) * 3;
  return batch;
}

class ByIds : public testing::TestWithParam<const char*> {};

TEST_P(ByIds, LearnWhatUsersWatchWithoutAHistory) {
  const TempFolder folder;
  const auto dataset = tiny_dataset(folder);
  const auto model = made(dataset, by_ids(GetParam()));
  EXPECT_TRUE(model->reads_users());
  torch::manual_seed(1);
  torch::optim::Adam optimizer(model->module().parameters(), torch::optim::AdamOptions(0.02));
  for (int step = 0; step < 200; ++step) {
    optimizer.zero_grad();
    dynamic_cast<GradientLearner&>(*model).loss(of_known_users(30, 40)).backward();
    optimizer.step();
  }
  const Histories histories = of_known_users(30, 40).histories;
  const at::Tensor scores = scores_of(*model, histories).slice(1, 1);
  for (int64_t row = 0; row < 40; ++row) {
    const at::Tensor of_kind = torch::arange(30).remainder(2).eq(row % 2);
    EXPECT_GT(scores[row].masked_select(of_kind).min().item<float>(),
              scores[row].masked_select(~of_kind).max().item<float>())
        << "row " << row;
  }
  const at::Tensor some = torch::randint(1, 31, {40, 5}, at::kLong);
  const torch::NoGradGuard no_grad;
  EXPECT_TRUE(torch::allclose(dynamic_cast<ScoringModel&>(*model).score_titles(histories, some),
                              scores_of(*model, histories).gather(1, some), 1e-5, 1e-6));
}

TEST_P(ByIds, WhoIsUnknownGetsWhatNobodyInParticularGets) {
  const TempFolder folder;
  const auto dataset = tiny_dataset(folder);
  const auto model = made(dataset, by_ids(GetParam()));
  Histories histories = of_two_kinds(30, 4).histories;
  const at::Tensor without = scores_of(*model, histories);
  histories.users = torch::zeros({4}, at::kLong);
  EXPECT_TRUE(torch::equal(scores_of(*model, histories), without));
  histories.users = torch::arange(1, 5);
  EXPECT_FALSE(torch::allclose(scores_of(*model, histories), without));
  // Histories of an unknown user count unless there are ids alone.
  EXPECT_EQ(torch::allclose(without[0], without[1]), std::string(GetParam()) == "id");
}

INSTANTIATE_TEST_SUITE_P(NeuralCf, ByIds, testing::Values("id", "both"));

TEST(UserEmbedding, OfUsersThatWereNotTrainedIsThatOfUnknownOnes) {
  torch::manual_seed(1);
  UserEmbedding mean(3, std::vector<int64_t>{5, 0, 2}, UnknownUser::kMean);
  UserEmbedding zero(3, std::vector<int64_t>{5, 0, 2}, UnknownUser::kZero);
  mean->eval();
  zero->eval();
  const at::Tensor all = torch::arange(4);
  const at::Tensor rows = mean(all);
  EXPECT_TRUE(torch::allclose(rows[0], (rows[1] + rows[3]) / 2));
  EXPECT_TRUE(torch::allclose(rows[2], rows[0]));
  EXPECT_FALSE(torch::allclose(rows[1], rows[3]));
  EXPECT_TRUE(torch::equal(zero(all)[2], torch::zeros({3})));
  EXPECT_TRUE(torch::equal(zero(all)[0], torch::zeros({3})));
}

TEST(UserEmbedding, LeavesIdsOutInTraining) {
  torch::manual_seed(1);
  UserEmbedding users(3, std::vector<int64_t>{1, 1}, UnknownUser::kZero, 0.25);
  const at::Tensor ids = torch::ones({4000}, at::kLong);
  EXPECT_NEAR(users(ids).eq(0).all(1).to(at::kFloat).mean().item<double>(), 0.25, 0.03);
  users->eval();
  EXPECT_FALSE(users(ids).eq(0).any().item<bool>());
}

TEST(Bpr, IsTheMeanLogSigmoidOfDifferences) {
  const TempFolder folder;
  const auto dataset = tiny_dataset(folder);
  const auto model = made(dataset, kBpr);
  torch::manual_seed(5);
  const Batch batch = of_two_kinds(30, 200);
  torch::manual_seed(6);
  const double loss = dynamic_cast<GradientLearner&>(*model).loss(batch).item<double>();
  torch::manual_seed(6);  // the same negatives
  const at::Tensor negatives = torch::randint(1, 31, {200, 4}, at::kLong);
  const at::Tensor scores = scores_of(*model, batch.histories);
  double sum = 0, count = 0;
  for (int64_t row = 0; row < 200; ++row) {
    const double target = scores[row][batch.targets[row].item<int64_t>()].item<double>();
    for (int64_t n = 0; n < 4; ++n) {
      const auto negative = negatives[row][n].item<int64_t>();
      if (negative == batch.targets[row].item<int64_t>()) continue;
      sum += std::log1p(std::exp(scores[row][negative].item<double>() - target));
      ++count;
    }
  }
  EXPECT_LT(count, 800);  // some were the target
  EXPECT_NEAR(loss, sum / count, 1e-5);
}

// Both losses written out, with the titles that were drawn in the way of the model.
TEST(NeuralCf, LossesAreTheirDefinitions) {
  const TempFolder folder;
  const auto dataset = tiny_dataset(folder);
  for (const char* kind : {"softmax", "bce"}) {
    const auto model = made(dataset, neural("neumf", std::string(", loss: ") + kind));
    torch::manual_seed(5);
    const Batch batch = of_two_kinds(30, 40);
    torch::manual_seed(6);
    const double loss = dynamic_cast<GradientLearner&>(*model).loss(batch).item<double>();
    torch::manual_seed(6);
    const at::Tensor drawn =
        torch::cat({batch.targets.index_select(0, torch::randint(40, {10}, at::kLong)),
                    torch::randint(1, 31, {10}, at::kLong)});
    const auto counts = dataset.train_counts();
    double total = 0;
    for (const int64_t count : counts) total += static_cast<double>(count);
    const at::Tensor scores = scores_of(*model, batch.histories);
    double sum = 0;
    for (int64_t row = 0; row < 40; ++row) {
      const auto target = batch.targets[row].item<int64_t>();
      const double positive = scores[row][target].item<double>();
      double others = 0, losses = std::log1p(std::exp(-positive));
      for (int64_t n = 0; n < 20; ++n) {
        const auto title = drawn[n].item<int64_t>();
        if (title == target) continue;
        const double score = scores[row][title].item<double>();
        const double expected =
            10 * static_cast<double>(counts[static_cast<size_t>(title)]) / total + 10.0 / 30;
        others += std::exp(score) / expected;
        losses += std::log1p(std::exp(score));
      }
      sum += kind == std::string("softmax")
                 ? -std::log(std::exp(positive) / (std::exp(positive) + others))
                 : losses;
    }
    EXPECT_NEAR(loss, sum / 40, 1e-4) << kind;
  }
}

TEST(NeuralCf, ScoresOfSomeTitlesAreThoseOfAll) {
  const TempFolder folder;
  const auto dataset = tiny_dataset(folder);
  for (const char* form : {"gmf", "mlp", "neumf"}) {
    const auto model = made(dataset, neural(form));
    const at::Tensor all = scores_of(*model, of_two_kinds(30, 5).histories);
    const Histories histories = of_two_kinds(30, 5).histories;
    const at::Tensor titles = torch::randint(0, 31, {5, 7}, at::kLong);
    const torch::NoGradGuard no_grad;
    const at::Tensor some = dynamic_cast<ScoringModel&>(*model).score_titles(histories, titles);
    EXPECT_TRUE(torch::allclose(some, scores_of(*model, histories).gather(1, titles), 1e-5, 1e-6));
    EXPECT_EQ(all.size(1), 31);
  }
}

TEST(NeuralCf, PreTrainingIsOverAfterItsSteps) {
  const TempFolder folder;
  const auto dataset = tiny_dataset(folder);
  const auto with = made(dataset, neural("neumf", ", pretrain_steps: 2"));
  const auto without = made(dataset, neural("neumf"));
  const Batch batch = of_two_kinds(30, 16);
  for (int step = 0; step < 4; ++step) {
    torch::manual_seed(9);
    const double first = dynamic_cast<GradientLearner&>(*with).loss(batch).item<double>();
    torch::manual_seed(9);
    const double second = dynamic_cast<GradientLearner&>(*without).loss(batch).item<double>();
    if (step < 2) {
      EXPECT_GT(first, 1.5 * second) << step;  // two losses instead of one
    } else {
      EXPECT_EQ(first, second) << step;
    }
  }
}

}  // namespace
}  // namespace marquee::models
