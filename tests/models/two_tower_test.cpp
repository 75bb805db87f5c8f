#include "models/two_tower.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include <algorithm>

#include "configs/yaml.h"
#include "models/registry.h"
#include "tests/models/tiny_dataset.h"

namespace marquee::models {
namespace {

configs::Config config_of(const std::string& encoder) {
  return configs::parse_config(
      "model:\n  dim: 16\n  history:\n    encoder: " + encoder + "\ndata:\n  max_history: 8\n",
      "test.yaml");
}

Histories histories(std::vector<std::vector<int64_t>> rows) {
  size_t length = 1;
  for (const auto& row : rows) length = std::max(length, row.size());
  for (auto& row : rows) row.resize(length, 0);
  std::vector<at::Tensor> tensors;
  for (const auto& row : rows) tensors.push_back(torch::tensor(row));
  const at::Tensor titles = torch::stack(tensors);
  return {titles, torch::ones(titles.sizes()) * titles.gt(0), torch::zeros(titles.sizes())};
}

class Encoders : public testing::TestWithParam<const char*> {
 protected:
  Encoders()
      : dataset_(tiny_dataset(folder_)), model_(make_model(config_of(GetParam()), dataset_)) {
    model_->module().eval();
  }
  at::Tensor encode(const Histories& h) {
    const torch::NoGradGuard no_grad;
    return dynamic_cast<VectorModel&>(*model_).encode_user(h, model_->title_vectors());
  }
  TempFolder folder_;
  data::Dataset dataset_;
  std::unique_ptr<Recommender> model_;
};

TEST_P(Encoders, PaddingChangesNothing) {
  const at::Tensor alone = encode(histories({{3, 4}}));
  const at::Tensor padded = encode(histories({{3, 4}, {1, 2, 3, 4, 5, 6}}));
  EXPECT_TRUE(torch::allclose(alone[0], padded[0], 1e-5, 1e-6));
}

TEST_P(Encoders, AUserWithoutHistoryHasAVector) {
  const at::Tensor empty = encode(histories({{}, {}}));
  EXPECT_TRUE(empty.isfinite().all().item<bool>());
  EXPECT_TRUE(torch::equal(empty[0], empty[1]));
  EXPECT_FALSE(torch::allclose(empty[0], encode(histories({{1}}))[0]));
}

// Two users with twenty events each leave some of 30 titles unwatched.
TEST_P(Encoders, TitlesThatNobodyWatchedAreTheirFeaturesAlone) {
  const TempFolder folder;
  const data::Dataset dataset = tiny_dataset(folder, {2, 30, 20});
  const auto model = make_model(config_of(GetParam()), dataset);
  const torch::NoGradGuard no_grad;
  const at::Tensor learning = model->title_vectors();
  model->module().eval();
  const at::Tensor vectors = model->title_vectors();
  const at::Tensor features = dynamic_cast<VectorModel&>(*model).encode_titles(
      model->module().named_buffers()["titles.content"]);
  const std::vector<int64_t> counts = dataset.train_counts();
  EXPECT_GT(std::count(counts.begin() + 1, counts.end(), 0), 0);
  for (int64_t title = 1; title <= dataset.catalogue().size(); ++title) {
    const bool alone = torch::allclose(vectors[title], features[title]);
    EXPECT_EQ(alone, counts[static_cast<size_t>(title)] == 0) << title;
  }
  EXPECT_FALSE(torch::allclose(learning, vectors)) << "while training all have their own";
}

TEST_P(Encoders, PaddingRowOfTitlesIsZero) {
  const torch::NoGradGuard no_grad;
  EXPECT_EQ(model_->title_vectors()[0].abs().sum().item<float>(), 0.0F);
}

TEST_P(Encoders, SignalAndAgeAreInputs) {
  Histories h = histories({{1, 2, 3}});
  const at::Tensor before = encode(h);
  Histories disliked = h;
  disliked.signals = torch::zeros_like(h.signals);
  EXPECT_FALSE(torch::allclose(before, encode(disliked)));
  Histories old = h;
  old.ages = torch::full_like(h.ages, 1e6);
  EXPECT_FALSE(torch::allclose(before, encode(old)));
}

TEST_P(Encoders, LaterEventsDoNotPredictAnEvent) {
  const auto loss = [&](int64_t last) {
    Batch batch;
    batch.histories = histories({{3, 4, last}, {5, 6, 7}});
    batch.histories.ages = torch::tensor({{90.0F, 50.0F, 10.0F}, {9.0F, 5.0F, 1.0F}});
    batch.positions = torch::tensor({0, 1, 2});  // after none, one and two events of the first
    batch.targets = torch::tensor({3, 4, 9});
    const torch::NoGradGuard no_grad;
    return dynamic_cast<GradientLearner&>(*model_).loss(batch).item<double>();
  };
  EXPECT_NEAR(loss(8), loss(20), 1e-6);
}

INSTANTIATE_TEST_SUITE_P(TwoTower, Encoders, testing::Values("attention", "ligr", "hstu", "mean"));

Batch small_batch() {
  Batch batch;
  batch.histories = histories({{3, 4, 8}, {5, 6, 7}});
  batch.positions = torch::tensor({0, 1, 2, 5});
  batch.targets = torch::tensor({3, 4, 9, 6});
  return batch;
}

std::unique_ptr<Recommender> model_with(const std::string& keys, const data::Dataset& dataset) {
  auto model = make_model(
      configs::parse_config("model: {dim: 16, " + keys + "}\ndata: {max_history: 8}\n", "test"),
      dataset);
  model->module().eval();
  return model;
}

// Cross-entropy of the scores of all titles, divided by the temperature, by hand.
double by_hand(Recommender& model, const Batch& batch, double temperature, double smoothing) {
  const at::Tensor vectors = model.title_vectors();
  std::vector<at::Tensor> states;
  for (const int64_t position : {0, 1, 2, 5}) {
    Histories before = batch.histories;
    const int64_t row = position / 4, events = position % 4;
    for (at::Tensor* column : {&before.titles, &before.signals, &before.ages}) {
      *column = column->slice(0, row, row + 1).slice(1, 0, std::max<int64_t>(1, events)).clone();
      if (events == 0) column->zero_();
    }
    states.push_back(dynamic_cast<VectorModel&>(model).encode_user(before, vectors));
  }
  const at::Tensor log_p =
      torch::log_softmax(torch::cat(states).matmul(vectors.slice(0, 1).t()) / temperature, 1);
  const at::Tensor target = log_p.gather(1, batch.targets.unsqueeze(1) - 1).mean();
  return -((1 - smoothing) * target + smoothing * log_p.mean()).item<double>();
}

TEST(TwoTower, CosinesAreOfVectorsOfLengthOne) {
  const TempFolder folder;
  const data::Dataset dataset = tiny_dataset(folder);
  const auto model = model_with("scores: cosine, loss: {label_smoothing: 0.3}", dataset);
  const torch::NoGradGuard no_grad;
  const at::Tensor vectors = model->title_vectors();
  EXPECT_TRUE(torch::allclose(vectors.slice(0, 1).norm(2, 1), torch::ones({vectors.size(0) - 1})));
  const auto users =
      dynamic_cast<VectorModel&>(*model).encode_user(histories({{}, {1, 2}}), vectors);
  EXPECT_TRUE(torch::allclose(users.norm(2, 1), torch::ones({2})));
  const Batch batch = small_batch();
  EXPECT_NEAR(dynamic_cast<GradientLearner&>(*model).loss(batch).item<double>(),
              by_hand(*model, batch, 0.1, 0.3), 1e-4);
}

// A title of which nothing is known, without a length: its gradient is a number as well.
TEST(TwoTower, ATitleWithoutLengthHasCosinesOfZero) {
  const TempFolder folder;
  const data::Dataset dataset = tiny_dataset(folder);
  const auto model = model_with("scores: cosine, title: {features: false}", dataset);
  auto parameters = model->module().named_parameters();
  {
    const torch::NoGradGuard no_grad;
    parameters["titles.id_embedding"][4].zero_();
  }
  model->module().train();
  const at::Tensor loss = dynamic_cast<GradientLearner&>(*model).loss(small_batch());
  loss.backward();
  EXPECT_TRUE(loss.isfinite().item<bool>());
  EXPECT_TRUE(parameters["titles.id_embedding"].grad().isfinite().all().item<bool>());
  const torch::NoGradGuard no_grad;
  EXPECT_EQ(model->title_vectors()[4].abs().sum().item<float>(), 0.0F);
}

TEST(TwoTower, ATemperatureIsLearnedFromItsFirstValue) {
  const TempFolder folder;
  const data::Dataset dataset = tiny_dataset(folder);
  const auto model =
      model_with("scores: cosine, loss: {temperature: 0.2, learn_temperature: true}", dataset);
  const Batch batch = small_batch();
  const at::Tensor loss = dynamic_cast<GradientLearner&>(*model).loss(batch);
  loss.backward();
  EXPECT_NE(model->module().named_parameters()["log_scale"].grad().item<double>(), 0);
  const torch::NoGradGuard no_grad;
  EXPECT_NEAR(loss.item<double>(), by_hand(*model, batch, 0.2, 0), 1e-4);
  model->module().named_parameters()["log_scale"].fill_(1'000);
  EXPECT_TRUE(dynamic_cast<GradientLearner&>(*model).loss(batch).isfinite().item<bool>());
}

TEST(TwoTower, AttentionSeesOrderAndTheMeanDoesNot) {
  const TempFolder folder;
  const data::Dataset dataset = tiny_dataset(folder);
  const torch::NoGradGuard no_grad;
  for (const bool ordered : {true, false}) {
    const auto model = make_model(config_of(ordered ? "attention" : "mean"), dataset);
    model->module().eval();
    const at::Tensor vectors = model->title_vectors();
    const at::Tensor one =
        dynamic_cast<VectorModel&>(*model).encode_user(histories({{1, 2, 3}}), vectors);
    const at::Tensor other =
        dynamic_cast<VectorModel&>(*model).encode_user(histories({{2, 1, 3}}), vectors);
    EXPECT_EQ(torch::allclose(one, other, 1e-5, 1e-6), !ordered);
  }
}

// Each state must predict from the events before it: later events may not leak into it.
TEST(TwoTower, TheFutureDoesNotLeak) {
  const TempFolder folder;
  const data::Dataset dataset = tiny_dataset(folder);
  for (const char* encoder : {"attention", "mean"}) {
    const auto model = make_model(config_of(encoder), dataset);
    model->module().eval();
    auto& gradient_model = dynamic_cast<GradientLearner&>(*model);
    const torch::NoGradGuard no_grad;
    Batch batch;
    batch.histories = histories({{1, 2, 3, 4}});
    batch.positions = torch::tensor({2});  // after two events
    batch.targets = torch::tensor({3});
    const double before = gradient_model.loss(batch).item<double>();
    batch.histories = histories({{1, 2, 9, 8}});
    EXPECT_NEAR(gradient_model.loss(batch).item<double>(), before, 1e-6) << encoder;
  }
}

// Unknown feedback on a target has no weight, and known feedback is learned.
TEST(TwoTower, LearnsTheFeedbackOnATitle) {
  const TempFolder folder;
  const data::Dataset dataset = tiny_dataset(folder);
  configs::Config config = config_of("mean");
  const double nan = std::nan("");
  Batch batch;
  batch.histories = histories({{1, 2, 3, 4}});
  batch.positions = torch::tensor({1, 2});
  batch.targets = torch::tensor({2, 3});
  const auto loss_of = [&](double completed, double liked) {
    const auto model = make_model(config, dataset);
    model->module().eval();
    batch.completed = torch::tensor({nan, completed}, at::kFloat);
    batch.liked = torch::tensor({nan, liked}, at::kFloat);
    const torch::NoGradGuard no_grad;
    return dynamic_cast<GradientLearner&>(*model).loss(batch).item<double>();
  };
  const double ranking_alone = loss_of(1, 1);
  EXPECT_EQ(ranking_alone, loss_of(nan, nan));
  config.model.loss.completion_weight = 2;
  EXPECT_NEAR(loss_of(nan, nan), ranking_alone, 1e-6);
  EXPECT_GT(loss_of(1, nan), ranking_alone + 0.1);
  config.model.loss.completion_weight = 0;
  config.model.loss.rating_weight = 3;
  EXPECT_NEAR(loss_of(nan, nan), ranking_alone, 1e-6);
  EXPECT_GT(loss_of(nan, 1), ranking_alone + 0.1);

  const auto model = make_model(config, dataset);
  auto& learner = dynamic_cast<GradientLearner&>(*model);
  batch.liked = torch::tensor({0.2F, 1.0F});
  torch::optim::Adam optimizer(model->module().parameters(), 0.01);
  for (int step = 0; step < 100; ++step) {
    optimizer.zero_grad();
    learner.loss(batch).backward();
    optimizer.step();
  }
  model->module().eval();
  const torch::NoGradGuard no_grad;
  auto& predictor = dynamic_cast<RatingPredictor&>(*model);
  EXPECT_FALSE(predictor.is_for_ratings());
  EXPECT_NEAR(predictor.predict_rating(histories({{1}}), torch::tensor({{2}})).item<double>(), 1.0,
              0.3);
  EXPECT_NEAR(predictor.predict_rating(histories({{1, 2}}), torch::tensor({{3}})).item<double>(),
              5.0, 0.3);
}

TEST(TwoTower, NewTitlesAreEncodedFromFeaturesAlone) {
  const TempFolder folder;
  const data::Dataset dataset = tiny_dataset(folder);
  const auto model = make_model(config_of("mean"), dataset);
  model->module().eval();
  const torch::NoGradGuard no_grad;
  const FeatureLayout layout = feature_layout(dataset.catalogue());
  const at::Tensor features = feature_table(dataset.catalogue(), layout);
  const at::Tensor encoded = dynamic_cast<VectorModel&>(*model).encode_titles(features.slice(0, 1));
  EXPECT_EQ(encoded.size(0), dataset.catalogue().size());
  for (const auto& item : model->module().named_parameters()) {
    if (item.key() == "titles.id_embedding") item.value().zero_();
  }
  EXPECT_TRUE(torch::allclose(encoded, model->title_vectors().slice(0, 1), 1e-5, 1e-6));
}

TEST(TwoTower, SameSeedSameWeights) {
  const TempFolder folder;
  const data::Dataset dataset = tiny_dataset(folder);
  const auto one = make_model(config_of("attention"), dataset);
  const auto two = make_model(config_of("attention"), dataset);
  const auto a = one->module().parameters(), b = two->module().parameters();
  for (size_t i = 0; i < a.size(); ++i) EXPECT_TRUE(torch::equal(a[i], b[i]));
}

TEST(Registry, BuildsEveryModelThatTheConfigurationKnows) {
  const TempFolder folder;
  const data::Dataset dataset = tiny_dataset(folder);
  for (const auto& name : configs::model_names()) {
    configs::Config config;
    config.model.name = name;
    EXPECT_NE(make_model(config, dataset), nullptr) << name;
  }
}

TEST(Popularity, RanksByTrainCountsAndByRecencyIfConfigured) {
  const TempFolder folder;
  const data::Dataset dataset = tiny_dataset(folder);
  for (const double half_life : {0.0, 0.01}) {
    configs::Config config;
    config.model.name = "popularity";
    config.model.half_life_days = half_life;
    const auto model = make_model(config, dataset);
    dynamic_cast<RoundLearner&>(*model).fit_round(dataset, 0);
    const at::Tensor weights = model->title_vectors().squeeze(1).exp() - 1;
    const auto counts = dataset.train_counts();
    double total = 0;
    for (const auto count : counts) total += static_cast<double>(count);
    if (half_life == 0) {
      for (size_t t = 0; t < counts.size(); ++t) {
        EXPECT_NEAR(weights[static_cast<int64_t>(t)].item<double>(), double(counts[t]), 1e-3);
      }
    } else {
      EXPECT_LT(weights.sum().item<double>(), total * 0.5);
    }
  }
}

}  // namespace
}  // namespace marquee::models
