// Against the closed forms of Chen et al. 2019: what REINFORCE converges to where the user is
// always the same, so that the policy is one softmax over titles.
#include "models/layers/reinforce.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include <cmath>

#include "models/layers/softmax_loss.h"

namespace marquee::models {
namespace {

constexpr int kTitles = 10;
constexpr double kNoCap = 1e12;

// A log that shows title t (from 1) shares[t - 1] times in each round, and what that earns.
struct Log {
  std::vector<int64_t> shares;
  std::vector<float> rewards;
};

struct Learned {
  std::vector<double> policy, behaviour;
};

// Both heads from nothing, with the exact expected gradient of the log.
Learned learned(const Log& log, const TopKCorrection& correction) {
  std::vector<int64_t> titles;
  std::vector<float> rewards;
  for (size_t t = 0; t < kTitles; ++t) {
    titles.insert(titles.end(), static_cast<size_t>(log.shares[t]), static_cast<int64_t>(t) + 1);
    rewards.insert(rewards.end(), static_cast<size_t>(log.shares[t]), log.rewards[t]);
  }
  const at::Tensor targets = torch::tensor(titles), reward = torch::tensor(rewards);
  // The states are what is learned: with unit vectors as titles they are the scores.
  const at::Tensor unit = torch::cat({torch::zeros({1, kTitles}), torch::eye(kTitles)});
  const at::Tensor policy = torch::zeros({1, kTitles}).requires_grad_();
  const at::Tensor behaviour = torch::zeros({1, kTitles}).requires_grad_();
  torch::optim::Adam optimizer({policy, behaviour}, torch::optim::AdamOptions(0.05));
  for (int step = 0; step < 4'000; ++step) {
    const at::Tensor users = policy.expand({targets.size(0), kTitles});
    const at::Tensor logged = behaviour.expand({targets.size(0), kTitles});
    const at::Tensor weights =
        reinforce_weights(full_log_probabilities(users, unit, targets),
                          full_log_probabilities(logged, unit, targets), reward, correction);
    optimizer.zero_grad();
    (full_softmax_loss(users, unit, targets, weights) + full_softmax_loss(logged, unit, targets))
        .backward();
    optimizer.step();
  }
  const auto probabilities = [](const at::Tensor& scores) {
    const at::Tensor p = scores.detach().softmax(1).to(at::kDouble).flatten().contiguous();
    return std::vector<double>(p.const_data_ptr<double>(), p.const_data_ptr<double>() + kTitles);
  };
  return {probabilities(policy), probabilities(behaviour)};
}

// Rewards 10, 9, 1, 1, ...
Log two_good_ones() {
  Log log{std::vector<int64_t>(kTitles, 1), std::vector<float>(kTitles, 1)};
  log.rewards[0] = 10;
  log.rewards[1] = 9;
  return log;
}

// The better a title, the more seldom it is shown: rewards 1, 2, ... 10, shown 10, 9, ... 1 times.
Log worse_shown_more() {
  Log log;
  for (int t = 0; t < kTitles; ++t) {
    log.shares.push_back(kTitles - t);
    log.rewards.push_back(static_cast<float>(t + 1));
  }
  return log;
}

TEST(Reinforce, WithTwoSlotsItSharesThemAmongTheTwoBest) {
  const Learned result = learned(two_good_ones(), {2, kNoCap});
  EXPECT_NEAR(result.policy[0], 10.0 / 19, 0.01 * 10 / 19);
  EXPECT_NEAR(result.policy[1], 9.0 / 19, 0.01 * 9 / 19);
}

TEST(Reinforce, WithOneSlotItGivesItToTheBest) {
  EXPECT_GT(learned(two_good_ones(), {1, kNoCap}).policy[0], 0.99);
}

TEST(Reinforce, WithoutCorrectionItFollowsTheLog) {
  const Learned result = learned(worse_shown_more(), {1, 0});
  for (int t = 0; t < kTitles; ++t) {
    const double expected = (t + 1) * (kTitles - t) / 220.0;  // π ∝ r β
    EXPECT_NEAR(result.policy[static_cast<size_t>(t)], expected, 0.01 * expected) << t;
  }
}

TEST(Reinforce, WithCorrectionItFindsTheBestHoweverSeldomItWasShown) {
  EXPECT_GT(learned(worse_shown_more(), {1, kNoCap}).policy[kTitles - 1], 0.99);
}

TEST(Reinforce, LearnsHowTheLogWasMade) {
  const Learned result = learned(worse_shown_more(), {1, kNoCap});
  for (int t = 0; t < kTitles; ++t) {
    const double share = (kTitles - t) / 55.0;
    EXPECT_NEAR(result.behaviour[static_cast<size_t>(t)], share, 0.01 * share) << t;
  }
}

TEST(Reinforce, WeightsAreThoseOfTheFormula) {
  const at::Tensor policy = torch::tensor({0.2, 0.2, 0.5, 1.0, 0.2, 0.2}).log();
  const at::Tensor behaviour = torch::tensor({0.1, 0.01, 0.5, 0.5, 0.1, 0.1}).log();
  const at::Tensor rewards = torch::tensor({3.0F, 1.0F, 2.0F, 1.0F, NAN, -1.0F});
  const at::Tensor weights = reinforce_weights(policy, behaviour, rewards, {3, 5});
  const double expected[] = {3 * 2 * 3 * 0.64, 5 * 3 * 0.64, 2 * 3 * 0.25, 0, 0, 0};
  for (int i = 0; i < 6; ++i) EXPECT_NEAR(weights[i].item<double>(), expected[i], 1e-5) << i;
  const at::Tensor as_logged = reinforce_weights(policy, behaviour, rewards, {3, 0});
  EXPECT_TRUE(torch::equal(as_logged, torch::tensor({3.0F, 1.0F, 2.0F, 1.0F, 0.0F, 0.0F})));
}

}  // namespace
}  // namespace marquee::models
