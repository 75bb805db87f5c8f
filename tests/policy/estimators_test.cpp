// Values by hand, and those of an independent implementation (Open Bandit Pipeline) for the same
// eight rows.
#include "policy/estimators.h"

#include <gtest/gtest.h>

#include <cmath>

#include "core/random.h"

namespace marquee::policy {
namespace {

// π_b = (.5, .3, .2); π = (.2, .3, .5) in rows 0 to 3 and (.5, .1, .4) after; q = (.4, .5, .6),
// then
// (.7, .2, .3).
WeightedLog eight_rows() {
  const std::vector<int> actions = {0, 1, 2, 0, 1, 2, 0, 1};
  const std::vector<double> logging = {.5, .3, .2};
  const std::vector<double> policy[] = {{.2, .3, .5}, {.5, .1, .4}};
  const std::vector<double> model[] = {{.4, .5, .6}, {.7, .2, .3}};
  WeightedLog log;
  log.reward = {1, 0, 1, 0, 1, 0, 1, 1};
  for (size_t i = 0; i < actions.size(); ++i) {
    const auto a = static_cast<size_t>(actions[i]);
    const auto& pi = policy[i / 4];
    const auto& q = model[i / 4];
    log.weight.push_back(pi[a] / logging[a]);
    log.modelled.push_back(q[a]);
    log.expected.push_back(pi[0] * q[0] + pi[1] * q[1] + pi[2] * q[2]);
  }
  log.marginal = log.weight;
  return log;
}

double value(Estimator estimator, double lambda = 0) {
  return contributions(estimator, eight_rows(), lambda).value();
}

TEST(Estimators, EqualAnIndependentImplementation) {
  EXPECT_NEAR(value(Estimator::kIps), .570833333, 1e-9);
  EXPECT_NEAR(value(Estimator::kClippedIps, 1.1), .395833333, 1e-9);
  EXPECT_NEAR(value(Estimator::kSnips), .573221757, 1e-9);
  EXPECT_NEAR(value(Estimator::kDirect), .51, 1e-9);
  EXPECT_NEAR(value(Estimator::kDoublyRobust), .611666667, 1e-9);
  EXPECT_NEAR(value(Estimator::kSnDoublyRobust), .612092050, 1e-9);
  EXPECT_NEAR(value(Estimator::kSwitchDr, 1.1), .561666667, 1e-9);
  EXPECT_NEAR(value(Estimator::kShrinkageDr, 2), .571053518, 1e-9);
  EXPECT_NEAR(value(Estimator::kSubGaussianIps, .3), .505659518, 1e-9);
  EXPECT_NEAR(value(Estimator::kSubGaussianDr, .3), .609043044, 1e-9);
}

TEST(Estimators, LowerBoundsEqualAnIndependentImplementation) {
  const auto values = contributions(Estimator::kIps, eight_rows()).numerator;
  EXPECT_NEAR(hoeffding_lower_bound(values, .05), -.510928156, 1e-9);
  EXPECT_NEAR(bernstein_lower_bound(values, .05), -3.316914026, 1e-9);
  EXPECT_NEAR(student_lower_bound(values, .05), .003282647, 1e-9);
}

TEST(Estimators, LimitsOfLambdaAreTheSimplerEstimators) {
  constexpr double kHuge = 1e12;
  EXPECT_NEAR(value(Estimator::kClippedIps, kHuge), value(Estimator::kIps), 1e-9);
  EXPECT_NEAR(value(Estimator::kSubGaussianIps, 0), value(Estimator::kIps), 1e-9);
  for (const Estimator each : {Estimator::kSwitchDr, Estimator::kShrinkageDr}) {
    EXPECT_NEAR(value(each, kHuge), value(Estimator::kDoublyRobust), 1e-9);
    EXPECT_NEAR(value(each, 0), value(Estimator::kDirect), 1e-9);
  }
  EXPECT_NEAR(value(Estimator::kSubGaussianDr, 0), value(Estimator::kDoublyRobust), 1e-9);
}

TEST(Estimators, RowsThatAreThereTwiceCountTwice) {
  const WeightedLog log = eight_rows();
  const std::vector<double> times = {2, 0, 1, 1, 3, 0, 1, 0};
  WeightedLog repeated;
  for (size_t i = 0; i < times.size(); ++i) {
    for (int n = 0; n < times[i]; ++n) {
      repeated.weight.push_back(log.weight[i]);
      repeated.reward.push_back(log.reward[i]);
      repeated.modelled.push_back(log.modelled[i]);
      repeated.expected.push_back(log.expected[i]);
      repeated.marginal.push_back(log.marginal[i]);
    }
  }
  for (const EstimatorInfo& each : estimators()) {
    EXPECT_NEAR(contributions(each.estimator, log, .5).value(times),
                contributions(each.estimator, repeated, .5).value(), 1e-12)
        << each.id;
  }
}

// The infos are looked up by the number of the estimator.
TEST(Estimators, AreListedInTheirOrder) {
  for (size_t i = 0; i < estimators().size(); ++i) {
    EXPECT_EQ(static_cast<size_t>(estimators()[i].estimator), i);
  }
}

// 4 rows of 2,000 with weights of 300, on which the model errs up and down equally: what they add
// is variance alone.
TEST(Lambda, LeavesNoFewRowsToDecide) {
  RandomStream random(3, "lambda");
  WeightedLog log;
  for (int i = 0; i < 2'000; ++i) {
    const bool heavy = i % 500 == 0;
    log.weight.push_back(heavy ? 300 : 0.4);
    log.reward.push_back(heavy ? i / 500 % 2 : random.uniform() < 0.5 ? 1 : 0);
    log.modelled.push_back(0.5);
    log.expected.push_back(0.5);
  }
  for (const Estimator each : {Estimator::kSwitchDr, Estimator::kShrinkageDr}) {
    const double lambda = chosen_lambda(each, log, lambda_candidates(each, log));
    EXPECT_LT(shrunk(each, 300, lambda), 30) << info(each).id;
  }
}

// Where clipping changes much and saves little variance, nothing is clipped.
TEST(Lambda, LeavesWeightsThatDoNoHarm) {
  WeightedLog log;
  for (int i = 0; i < 2'000; ++i) {
    log.weight.push_back(i % 2 == 0 ? 2 : 0.01);
    log.reward.push_back(1);
    log.modelled.push_back(0);
    log.expected.push_back(0);
  }
  const std::vector<double> candidates = {0.01, 0.5, 1, 2};
  EXPECT_EQ(chosen_lambda(Estimator::kClippedIps, log, candidates), 2);
  EXPECT_EQ(chosen_lambda(Estimator::kSwitchDr, log, candidates), 2);
}

}  // namespace
}  // namespace marquee::policy
