#include "models/layers/softmax_loss.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include <cmath>

namespace marquee::models {
namespace {

at::Tensor plain_loss(const at::Tensor& states, const at::Tensor& vectors,
                      const at::Tensor& targets, double temperature) {
  return torch::nn::functional::cross_entropy(states.matmul(vectors.slice(0, 1).t()) / temperature,
                                              targets - 1);
}

TEST(FullSoftmax, LossAndGradientsAreThoseOfThePlainFormula) {
  torch::manual_seed(1);
  for (const double temperature : {1.0, 0.2}) {
    // Enough titles that the rows take several blocks.
    const at::Tensor states = torch::randn({97, 8}).requires_grad_();
    const at::Tensor vectors = torch::randn({50'001, 8}).requires_grad_();
    const at::Tensor targets = torch::randint(1, 50'001, {97});
    const at::Tensor loss = full_softmax_loss(states / temperature, vectors, targets);
    const auto mine = torch::autograd::grad({loss * 3}, {states, vectors});
    const at::Tensor plain = plain_loss(states, vectors, targets, temperature);
    const auto expected = torch::autograd::grad({plain * 3}, {states, vectors});
    EXPECT_NEAR(loss.item<double>(), plain.item<double>(), 1e-5);
    EXPECT_TRUE(torch::allclose(mine[0], expected[0], 1e-4, 1e-6));
    EXPECT_TRUE(torch::allclose(mine[1], expected[1], 1e-4, 1e-6));
  }
}

TEST(FullSoftmax, WeightsMultiplyEachTarget) {
  torch::manual_seed(5);
  const at::Tensor states = torch::randn({97, 8}).requires_grad_();
  const at::Tensor vectors = torch::randn({50'001, 8}).requires_grad_();
  const at::Tensor targets = torch::randint(1, 50'001, {97});
  const at::Tensor weights = torch::rand({97}) * torch::rand({97}).gt(0.3);
  const at::Tensor log_softmax = (states.matmul(vectors.slice(0, 1).t()) / 0.5)
                                     .log_softmax(1)
                                     .gather(1, (targets - 1).unsqueeze(1))
                                     .squeeze(1);
  EXPECT_TRUE(torch::allclose(full_log_probabilities(states / 0.5, vectors, targets),
                              log_softmax.detach(), 1e-5, 1e-5));
  const at::Tensor plain = -(log_softmax * weights).mean();
  const at::Tensor loss = full_softmax_loss(states / 0.5, vectors, targets, weights);
  EXPECT_NEAR(loss.item<double>(), plain.item<double>(), 1e-5);
  const auto mine = torch::autograd::grad({loss}, {states, vectors});
  const auto expected = torch::autograd::grad({plain}, {states, vectors});
  EXPECT_TRUE(torch::allclose(mine[0], expected[0], 1e-4, 1e-6));
  EXPECT_TRUE(torch::allclose(mine[1], expected[1], 1e-4, 1e-6));
}

TEST(FullSoftmax, NumericGradientAgrees) {
  torch::manual_seed(2);
  at::Tensor states = torch::randn({3, 4}).requires_grad_();
  const at::Tensor vectors = torch::randn({6, 4});
  const at::Tensor targets = torch::tensor({1, 5, 3});
  const auto gradient =
      torch::autograd::grad({full_softmax_loss(states, vectors, targets)}, {states})[0];
  const torch::NoGradGuard no_grad;
  for (int64_t i = 0; i < states.numel(); ++i) {
    const auto at = [&](float delta) {
      at::Tensor moved = states.clone();
      moved.view(-1)[i] += delta;
      return full_softmax_loss(moved, vectors, targets).item<double>();
    };
    EXPECT_NEAR(gradient.view(-1)[i].item<double>(), (at(1e-2F) - at(-1e-2F)) / 2e-2, 1e-3);
  }
}

TEST(FullSoftmax, SurvivesLargeScores) {
  const at::Tensor states = torch::full({2, 2}, 1e3).requires_grad_();
  const at::Tensor vectors = torch::tensor({{0., 0.}, {1e3, 1e3}, {-1e3, 1.}}).to(at::kFloat);
  const at::Tensor loss = full_softmax_loss(states / 0.01, vectors, torch::tensor({1, 2}));
  EXPECT_TRUE(std::isfinite(loss.item<double>()));
}

TEST(SampledSoftmax, EqualsTheFullOneWhenEveryTitleIsSampledOnce) {
  torch::manual_seed(3);
  const at::Tensor states = torch::randn({9, 5});
  const at::Tensor vectors = torch::randn({21, 5});
  const at::Tensor targets = torch::randint(1, 21, {9});
  SampledTitles negatives;
  negatives.titles = torch::arange(1, 21);
  negatives.vectors = vectors.slice(0, 1);
  negatives.log_q = torch::zeros({20});
  const at::Tensor sampled =
      sampled_softmax_loss(states, vectors.index_select(0, targets), targets, negatives);
  EXPECT_NEAR(sampled.item<double>(), full_softmax_loss(states, vectors, targets).item<double>(),
              1e-5);
}

TEST(SampledSoftmax, LogQMakesItAnEstimateOfTheFullOne) {
  torch::manual_seed(4);
  const at::Tensor states = torch::randn({4, 5});
  const at::Tensor vectors = torch::randn({201, 5});
  const at::Tensor targets = torch::randint(1, 201, {4});
  const at::Tensor weights = torch::rand({200}) + 0.05;
  const at::Tensor shares = weights / weights.sum();
  constexpr int64_t kDrawn = 20'000;
  SampledTitles negatives;
  negatives.titles = torch::multinomial(shares, kDrawn, true) + 1;
  negatives.vectors = vectors.index_select(0, negatives.titles);
  negatives.log_q = (shares.index_select(0, negatives.titles - 1) * kDrawn).log();
  const at::Tensor sampled =
      sampled_softmax_loss(states, vectors.index_select(0, targets), targets, negatives);
  EXPECT_NEAR(sampled.item<double>(), full_softmax_loss(states, vectors, targets).item<double>(),
              0.05);
}

// Written out; with t = 0 plain binary cross-entropy, and with every title drawn β is 1.
TEST(Gbce, IsItsDefinition) {
  torch::manual_seed(2);
  const at::Tensor states = torch::randn({5, 3}), vectors = torch::randn({12, 3});
  const at::Tensor targets = torch::tensor({1, 2, 3, 11, 2});
  for (const auto& [t, drawn] : {std::pair{0.0, 4}, {0.75, 4}, {1.0, 4}, {0.5, 11}}) {
    SampledTitles negatives;
    negatives.titles = torch::arange(1, 1 + drawn);
    negatives.vectors = vectors.index_select(0, negatives.titles);
    const double loss =
        gbce_loss(states, vectors.index_select(0, targets), targets, negatives, {t, 11})
            .item<double>();
    const double alpha = std::min(1.0, drawn / 10.0);
    const double beta = alpha * (t * (1 - 1 / alpha) + 1 / alpha);
    EXPECT_NEAR(beta, t == 0.0 ? 1 : drawn > 10 ? 1 : t == 1.0 ? alpha : beta, 1e-12);
    double sum = 0;
    for (int64_t row = 0; row < 5; ++row) {
      const auto score = [&](int64_t title) {
        return states[row].dot(vectors[title]).item<double>();
      };
      const auto target = targets[row].item<int64_t>();
      sum += beta * std::log1p(std::exp(-score(target)));
      for (int64_t title = 1; title <= drawn; ++title) {
        if (title != target) sum += std::log1p(std::exp(score(title)));
      }
    }
    EXPECT_NEAR(loss, sum / (5 * (drawn + 1)), 1e-5) << t << " " << drawn;
  }
}

}  // namespace
}  // namespace marquee::models
