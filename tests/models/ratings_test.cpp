#include <gtest/gtest.h>
#include <torch/torch.h>

#include <cmath>

#include "configs/yaml.h"
#include "core/error.h"
#include "core/file.h"
#include "core/threads.h"
#include "data/ingest.h"
#include "models/ratings/gaussian.h"
#include "models/registry.h"
#include "models/weights.h"
#include "tests/models/fitted.h"

namespace marquee::models {
namespace {

std::string yaml_of(const std::string& name, int epochs = 40) {
  return "model: {name: " + name +
         ", dim: 2, samples: 20}\ndata: {max_history: 40}\ntrain: {epochs: " +
         std::to_string(epochs) + "}\n";
}

// Ratings with a user's and a title's bias and one taste: r = 3 + b_u + b_i + t_u t_i.
double truth(int user, int title) {
  const double taste = user % 2 == 0 ? 0.8 : -0.8, kind = title % 2 == 0 ? 1 : -1;
  return 3 + 0.4 * std::sin(user) + 0.5 * std::cos(3 * title) + taste * kind;
}

constexpr int kUsers = 40, kTitles = 30;

// Two of three pairs are rated, the others are held out.
std::string known_ratings() {
  std::string rows;
  for (int u = 0; u < kUsers; ++u) {
    for (int t = 0; t < kTitles; ++t) {
      if ((u * 7 + t * 5) % 3 == 0) continue;
      rows += "u" + std::to_string(u) + ",t" + std::to_string(t) + "," + std::to_string(t) +
              ",rating," + std::to_string(truth(u, t)) + ",train\n";
    }
  }
  return rows;
}

struct HeldOut {
  Histories histories;
  at::Tensor titles, ratings;
};

// Each user's ratings as their history, with the titles that they did not rate.
HeldOut held_out_pairs(const data::Dataset& dataset) {
  const int64_t length = kTitles;
  HeldOut held_out;
  held_out.histories = {torch::zeros({kUsers, length}, at::kLong), torch::zeros({kUsers, length}),
                        torch::zeros({kUsers, length})};
  held_out.titles = torch::zeros({kUsers, kTitles / 3}, at::kLong);
  held_out.ratings = torch::zeros({kUsers, kTitles / 3});
  for (int u = 0; u < kUsers; ++u) {
    int history = 0, unrated = 0;
    for (int t = 0; t < kTitles; ++t) {
      const int64_t title = dataset.catalogue().find("t" + std::to_string(t));
      if ((u * 7 + t * 5) % 3 == 0) {
        held_out.titles[u][unrated] = title;
        held_out.ratings[u][unrated++] = truth(u, t);
      } else {
        held_out.histories.titles[u][history] = title;
        held_out.histories.signals[u][history++] = truth(u, t) / dataset.rating_scale().high;
      }
    }
  }
  return held_out;
}

class RatingModels : public testing::TestWithParam<const char*> {};

TEST_P(RatingModels, FindWhatMadeTheRatings) {
  const TempFolder folder;
  const auto dataset = dataset_of(folder, known_ratings());
  const auto model = fitted(dataset, yaml_of(GetParam()), kAllRounds);
  const HeldOut held_out = held_out_pairs(dataset);
  const torch::NoGradGuard no_grad;
  const at::Tensor predicted =
      dynamic_cast<RatingPredictor&>(*model).predict_rating(held_out.histories, held_out.titles);
  const double rmse = (predicted - held_out.ratings).square().mean().sqrt().item<double>();
  EXPECT_LT(rmse, 0.12);  // biases alone leave 0.8, the taste
  EXPECT_GT((held_out.ratings - held_out.ratings.mean()).square().mean().sqrt().item<double>(),
            0.8);
}

TEST_P(RatingModels, ScoresAreRatingsBeforeTheyAreClipped) {
  const TempFolder folder;
  const auto dataset = dataset_of(folder, known_ratings());
  const auto model = fitted(dataset, yaml_of(GetParam(), 5), kAllRounds);
  const HeldOut held_out = held_out_pairs(dataset);
  const torch::NoGradGuard no_grad;
  const at::Tensor vectors = model->title_vectors();
  const at::Tensor users =
      dynamic_cast<VectorModel&>(*model).encode_user(held_out.histories, vectors);
  const at::Tensor scores = vectors.index({held_out.titles}).matmul(users.unsqueeze(2)).squeeze(2);
  const at::Tensor predicted =
      dynamic_cast<RatingPredictor&>(*model).predict_rating(held_out.histories, held_out.titles);
  EXPECT_TRUE(torch::allclose(predicted.clamp(1.5, 4.5), scores.clamp(1.5, 4.5), 1e-4, 1e-4));
  EXPECT_LE(predicted.max().item<float>(), dataset.rating_scale().high);
}

TEST_P(RatingModels, GoOnFromTheirTensorsAndDoNotDependOnThreads) {
  const TempFolder folder;
  const auto dataset = dataset_of(folder, known_ratings());
  const auto whole = fitted(dataset, yaml_of(GetParam(), 6), kAllRounds);
  set_thread_count(1);
  const auto first = fitted(dataset, yaml_of(GetParam(), 3), kAllRounds);
  const auto second =
      make_model(configs::parse_config(yaml_of(GetParam(), 6), "test.yaml"), dataset);
  NamedTensors to = tensors_of(second->module());
  copy_tensors(tensors_of(first->module()), to, "test");
  for (int64_t round = 3; round < 6; ++round) {
    dynamic_cast<RoundLearner&>(*second).fit_round(dataset, round);
  }
  set_thread_count(2);
  for (const auto& [name, tensor] : tensors_of(whole->module())) {
    for (const auto& [other, value] : tensors_of(second->module())) {
      if (name != other) continue;
      EXPECT_TRUE(torch::equal(tensor, value)) << name;
    }
  }
}

TEST_P(RatingModels, OddRatingsGiveFiniteAnswersInTheirRange) {
  const TempFolder folder;
  for (const char* rows : {"a,x,1,rating,3,train\n",
                           "a,x,1,rating,3,train\na,y,2,rating,3,train\nb,x,1,rating,3,train\n",
                           "a,x,1,rating,1,train\na,x,2,rating,5,train\nb,y,1,play,,train\n"}) {
    const auto dataset = dataset_of(folder, rows);
    const auto model = fitted(dataset, yaml_of(GetParam(), 10), kAllRounds);
    const at::Tensor titles = torch::tensor({{1, 1, 0}, {0, 0, 0}});
    const torch::NoGradGuard no_grad;
    const at::Tensor predicted = dynamic_cast<RatingPredictor&>(*model).predict_rating(
        {titles, torch::full({2, 3}, 0.6) * titles.gt(0), torch::zeros({2, 3})}, titles);
    EXPECT_TRUE(predicted.isfinite().all().item<bool>()) << rows;
    EXPECT_GE(predicted.min().item<float>(), 1) << rows;
    EXPECT_LE(predicted.max().item<float>(), 5) << rows;
  }
}

TEST_P(RatingModels, SayThatThereAreNoRatings) {
  const TempFolder folder;
  const auto dataset = dataset_of(folder, "a,x,1,play,,train\nb,x,1,play,,train\n");
  try {
    fitted(dataset, yaml_of(GetParam()), kAllRounds);
    FAIL() << "learned ratings from none";
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("no ratings"), std::string::npos) << error.what();
  }
}

INSTANTIATE_TEST_SUITE_P(Ratings, RatingModels, testing::Values("mf_ratings", "svdpp"),
                         [](const auto& param) { return std::string(param.param); });

// Moments of many draws, within five standard errors.
TEST(Gaussian, GammaHasItsMoments) {
  RandomStream random(1, "gamma");
  for (const double shape : {0.5, 3.0, 40.0}) {
    constexpr int kDraws = 20'000;
    double sum = 0, squares = 0;
    for (int i = 0; i < kDraws; ++i) {
      const double draw = draw_gamma(shape, 2, random);
      sum += draw;
      squares += draw * draw;
    }
    const double mean = sum / kDraws, variance = squares / kDraws - mean * mean;
    EXPECT_NEAR(mean, shape / 2, 5 * std::sqrt(shape / 4 / kDraws)) << shape;
    EXPECT_NEAR(variance, shape / 4, 0.1 * shape / 4) << shape;
  }
}

TEST(Gaussian, WishartHasItsMeanAndNormalItsCovariance) {
  RandomStream random(1, "wishart");
  const std::vector<double> inverse_scale = {2, 0.5, 0.5, 1};  // the scale is its inverse
  const double determinant = 2 * 1 - 0.25;
  const std::vector<double> scale = {1 / determinant, -0.5 / determinant, -0.5 / determinant,
                                     2 / determinant};
  constexpr int kDraws = 20'000;
  std::vector<double> wishart(4, 0.0), normal(4, 0.0);
  const Cholesky precision(inverse_scale, 2);
  for (int i = 0; i < kDraws; ++i) {
    const std::vector<double> draw = draw_wishart(inverse_scale, 2, 6, random);
    double x[2] = {0, 0};
    add_normal(precision, 4, random, x);
    for (size_t n = 0; n < 4; ++n) {
      wishart[n] += draw[n] / kDraws;
      normal[n] += x[n / 2] * x[n % 2] / kDraws;
    }
  }
  for (size_t n = 0; n < 4; ++n) {
    EXPECT_NEAR(wishart[n], 6 * scale[n], 0.1) << n;
    EXPECT_NEAR(normal[n], scale[n] / 4, 0.01) << n;
  }
}

}  // namespace
}  // namespace marquee::models
