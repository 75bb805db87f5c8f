#include "serving/policies/bandit.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

#include "core/error.h"

namespace marquee::serving {
namespace {

using Belief = ArmPosterior::Belief;

constexpr ArmFeatures kConstant{1, 0, 0, 0, 0, 0};
constexpr std::array<size_t, 3> kThree{0, 1, 2};

double normal_below(double x) { return 0.5 * std::erfc(-x / std::numbers::sqrt2); }

TEST(ProbabilityOfBest, OfTwoIsTheClosedForm) {
  for (const double gap : {-2.0, -0.1, 0.0, 0.3, 1.5}) {
    for (const double deviation : {0.01, 0.5, 3.0}) {
      const Belief first{gap, 0.7}, second{0, deviation};
      const double exact = normal_below(gap / std::hypot(0.7, deviation));
      EXPECT_NEAR(probability_of_best(first, {&second, 1}), exact, 1e-7) << gap << " " << deviation;
    }
  }
}

TEST(ProbabilityOfBest, OfAllSumsToOne) {
  const std::vector<Belief> beliefs{{0.1, 0.3}, {0.2, 0.01}, {-0.4, 1.5}, {0.15, 0.08}, {0.2, 0.2}};
  double sum = 0;
  for (size_t i = 0; i < beliefs.size(); ++i) {
    auto others = beliefs;
    others.erase(others.begin() + static_cast<std::ptrdiff_t>(i));
    sum += probability_of_best(beliefs[i], others);
  }
  EXPECT_NEAR(sum, 1, 1e-7);
}

TEST(ArmPosterior, OfOneWeightIsTheTextbooks) {
  configs::RowChoiceConfig config;
  config.prior = 4;
  config.noise = 0.5;
  ArmPosterior posterior(config);
  for (const double reward : {1.0, 0.0, 1.0, 1.0}) posterior.learn(kConstant, reward);
  const double precision = 1 / 4.0 + 4 / 0.25;
  EXPECT_NEAR(posterior.of(kConstant).mean, 3 / 0.25 / precision, 1e-12);
  EXPECT_NEAR(posterior.of(kConstant).deviation, std::sqrt(1 / precision), 1e-12);
}

// Least squares with a penalty, solved by its gradient being 0.
TEST(ArmPosterior, OfManyWeightsIsRidgeRegression) {
  configs::RowChoiceConfig config;
  config.prior = 2;
  config.noise = 0.7;
  ArmPosterior posterior(config);
  RandomStream random(5, "test");
  std::vector<std::pair<ArmFeatures, double>> seen;
  for (int i = 0; i < 40; ++i) {
    ArmFeatures features{};
    for (double& each : features) each = random.normal();
    seen.emplace_back(features, random.normal());
    posterior.learn(features, seen.back().second);
  }
  for (size_t j = 0; j < kArmFeatures; ++j) {
    ArmFeatures unit{};
    unit[j] = 1;
    double gradient = posterior.of(unit).mean / config.prior;
    for (const auto& [features, reward] : seen) {
      gradient -= features[j] * (reward - posterior.of(features).mean) / (0.7 * 0.7);
    }
    EXPECT_NEAR(gradient, 0, 1e-9) << j;
  }
}

TEST(ArmPosterior, WithAWindowKnowsOnlyTheLast) {
  configs::RowChoiceConfig config;
  ArmPosterior fresh(config);
  config.window = 3;
  ArmPosterior windowed(config);
  for (int i = 0; i < 50; ++i) windowed.learn(kConstant, 1);
  for (const double reward : {0.0, 0.5, 0.0}) {
    windowed.learn(kConstant, reward);
    fresh.learn(kConstant, reward);
  }
  EXPECT_NEAR(windowed.of(kConstant).mean, fresh.of(kConstant).mean, 1e-9);
  EXPECT_NEAR(windowed.of(kConstant).deviation, fresh.of(kConstant).deviation, 1e-9);
}

TEST(ArmPosterior, WithADiscountFollowsAChange) {
  configs::RowChoiceConfig config;
  config.discount = 0.95;
  ArmPosterior posterior(config);
  for (int i = 0; i < 500; ++i) posterior.learn(kConstant, 1);
  const double deviation = posterior.of(kConstant).deviation;
  for (int i = 0; i < 100; ++i) posterior.learn(kConstant, 0);
  EXPECT_LT(posterior.of(kConstant).mean, 0.01);
  EXPECT_NEAR(posterior.of(kConstant).deviation, deviation, 1e-3);  // it never gets certain
}

// Against the posterior of a normal vector from rows whose first days are known, computed densely
// by NumPy; where all rows are known of the same days it is the formula of the impatient bandit.
TEST(ArmBelief, OfDaysToComeIsTheImpatientBandits) {
  configs::RowChoiceConfig config;
  config.prior = 2;
  config.noise = 0.5;
  const DayTraces traces({{1, 0.5, 0.3}, {0.5, 0.8, 0.4}, {0.3, 0.4, 0.6}});
  ArmBelief belief(config, traces);
  const auto learn = [&](const std::vector<double>& rewards) {
    const auto news = traces.news(rewards);
    for (size_t day = 0; day < news.size(); ++day) belief.learn(day, {{kConstant, news[day]}});
  };
  for (const auto& rewards : {std::vector{1.0, 0.6}, {0.0, 0.0}, {1.0, 1.0}}) learn(rewards);
  EXPECT_NEAR(belief.of(kConstant).mean, 1.4312727272727268, 1e-12);
  EXPECT_NEAR(belief.of(kConstant).deviation, 1.070055223723609, 1e-12);
  learn({2, 1, 1});
  EXPECT_NEAR(belief.of(kConstant).mean, 2.312580348943986, 1e-12);
  EXPECT_NEAR(belief.of(kConstant).deviation, 0.5957917928457943, 1e-12);
  EXPECT_EQ(belief.rewards(), 4);
}

TEST(ArmBelief, OfOneDayIsThePosterior) {
  ArmBelief belief({}, DayTraces());
  ArmPosterior posterior({});
  for (const double reward : {1.0, 0.0, 2.0}) {
    belief.learn(0, {{kConstant, reward}});
    posterior.learn(kConstant, reward);
  }
  EXPECT_EQ(belief.of(kConstant).mean, posterior.of(kConstant).mean);
  EXPECT_EQ(belief.state(), posterior.state());
}

// Days on which nothing ever happens add nothing, and break nothing.
TEST(ArmBelief, StandsDaysWithoutVariance) {
  const DayTraces traces({{1, 0, 0}, {0, 0, 0}, {0, 0, 0}});
  ArmBelief belief({}, traces);
  belief.learn(0, {{kConstant, 1}});
  for (const size_t day : {1UL, 2UL}) belief.learn(day, {{kConstant, 0}});
  ArmPosterior first({});
  first.learn(kConstant, 1);
  EXPECT_NEAR(belief.of(kConstant).mean, first.of(kConstant).mean, 1e-9);
}

TEST(ArmPosterior, OfLogisticRewardsIsAtTheMode) {
  configs::RowChoiceConfig config;
  config.reward_model = "logistic";
  config.prior = 3;
  ArmPosterior posterior(config);
  posterior.learn(kConstant, 1);
  const double mode = posterior.of(kConstant).mean;
  const double p = 1 / (1 + std::exp(-mode));
  EXPECT_NEAR(mode / 3, 1 - p, 1e-10);  // prior against likelihood
  EXPECT_NEAR(posterior.of(kConstant).deviation, 1 / std::sqrt(1 / 3.0 + p * (1 - p)), 1e-10);
  for (int i = 0; i < 2'000; ++i) posterior.learn(kConstant, i % 4 == 0 ? 1 : 0);
  EXPECT_NEAR(1 / (1 + std::exp(-posterior.of(kConstant).mean)), 0.25, 0.02);
}

TEST(ArmPosterior, IsTheSameToTheBitAfterARestore) {
  configs::RowChoiceConfig config;
  config.window = 4;
  ArmPosterior posterior(config);
  for (int i = 0; i < 9; ++i) posterior.learn({1, 0.1 * i, 0, 0.3, 0, 0.5}, 0.1 * i);
  ArmPosterior other(config);
  other.restore(Json::parse(posterior.state().dump()));
  const ArmFeatures features{1, 0.4, 0, 0.2, 0.1, 1};
  EXPECT_EQ(other.of(features).mean, posterior.of(features).mean);
  EXPECT_EQ(other.of(features).deviation, posterior.of(features).deviation);
  other.learn(features, 1);
  posterior.learn(features, 1);
  EXPECT_EQ(other.of(features).mean, posterior.of(features).mean);
  EXPECT_THROW(other.restore(Json::object()), Error);
}

class Algorithms : public ::testing::TestWithParam<const char*> {};

// What was logged has to be how often it happened, or nothing can be estimated from it.
TEST_P(Algorithms, ChooseAsOftenAsTheySay) {
  configs::RowChoiceConfig config;
  config.algorithm = GetParam();
  config.epsilon = 0.2;
  config.temperature = 0.3;
  Bandit bandit(config, 3);
  for (int i = 0; i < 6; ++i) bandit.learn(1, kConstant, 0.4);
  bandit.learn(2, kConstant, 0.1);
  const auto expected = bandit.probabilities(kConstant, kThree);
  EXPECT_NEAR(expected[0] + expected[1] + expected[2], 1, 1e-7);
  RandomStream random(3, "test");
  constexpr int kDraws = 40'000;
  std::array<double, 3> shares{};
  for (int i = 0; i < kDraws; ++i) {
    const Choice choice = bandit.choose(kConstant, kThree, random);
    EXPECT_NEAR(choice.propensity, expected[choice.index], 1e-12);
    shares[choice.index] += 1.0 / kDraws;
  }
  for (size_t i = 0; i < 3; ++i) {
    const double error = 5 * std::sqrt(expected[i] * (1 - expected[i]) / kDraws);
    EXPECT_NEAR(shares[i], expected[i], error) << i;
    EXPECT_GE(expected[i], 0.2 / 3 - 1e-12);  // epsilon bounds it from below
  }
}

INSTANTIATE_TEST_SUITE_P(Bandit, Algorithms,
                         ::testing::Values("epsilon_greedy", "boltzmann", "thompson", "ucb"),
                         [](const auto& of) { return std::string(of.param); });

}  // namespace
}  // namespace marquee::serving
