#include "policy/slates.h"

#include <gtest/gtest.h>

#include <array>
#include <cmath>

#include "core/random.h"

namespace marquee::policy {
namespace {

using Row = SlateSums::Row;

// Three slates of two rows, as an independent implementation (sb-obp 0.5.10) evaluates them.
struct Weights {
  std::array<std::array<double, 2>, 3> own;
};
constexpr std::array<std::array<double, 2>, 3> kRewards{{{1, 0}, {0, 1}, {1, 1}}};

SlateSums sums_of(const Weights& weights) {
  SlateSums sums(2);
  for (size_t i = 0; i < 3; ++i) {
    const std::array<Row, 2> slate{
        {{weights.own[i][0], kRewards[i][0]}, {weights.own[i][1], kRewards[i][1]}}};
    sums.add(slate);
  }
  return sums;
}

TEST(Slates, IndependentIsTheGolden) {
  // Marginals .5 .4 | .4 .3 | .5 .5 of the log and .25 .3 | .6 .5 | .4 .6 of the policy.
  const SlateSums golden =
      sums_of({{{{.25 / .5, .3 / .4}, {.6 / .4, .5 / .3}, {.4 / .5, .6 / .5}}}});
  EXPECT_NEAR(golden.value(SlateEstimator::kIndependent, false), 1.388888889, 1e-9);
  EXPECT_NEAR(golden.value(SlateEstimator::kIndependent, true), 1.256912442, 1e-9);
}

TEST(Slates, RewardInteractionIsTheGolden) {
  // Of the first rows, and of the products: .5 .2 | .4 .1 | .5 .25 and .25 .1 | .6 .3 | .4 .2.
  const auto second = [](double product_e, double product_b, double first_e, double first_b) {
    return (product_e / product_b) / (first_e / first_b);
  };
  const SlateSums sums = sums_of({{{{.25 / .5, second(.1, .2, .25, .5)},
                                    {.6 / .4, second(.3, .1, .6, .4)},
                                    {.4 / .5, second(.2, .25, .4, .5)}}}});
  EXPECT_NEAR(sums.value(SlateEstimator::kRewardInteraction, false), 1.7, 1e-9);
  EXPECT_NEAR(sums.value(SlateEstimator::kRewardInteraction, true), 1.348006645, 1e-9);
}

TEST(Slates, StandardIsTheGolden) {
  // Of whole slates: .2 .1 .25 of the log and .1 .3 .2 of the policy.
  const SlateSums sums = sums_of({{{{.1 / .2, 1}, {.3 / .1, 1}, {.2 / .25, 1}}}});
  EXPECT_NEAR(sums.value(SlateEstimator::kStandard, false), 1.7, 1e-9);
  EXPECT_NEAR(sums.value(SlateEstimator::kStandard, true), 1.186046512, 1e-9);
}

TEST(Slates, PseudoInverseIsTheFormula) {
  // The same rows; g is 0.25, 2.1666…, 1, the rewards of the pages 1, 1, 2. numpy: mean(g r), and
  // less cov(g r, g) / var(g) · (mean(g) − 1).
  const SlateSums sums = sums_of({{{{.25 / .5, .3 / .4}, {.6 / .4, .5 / .3}, {.4 / .5, .6 / .5}}}});
  EXPECT_NEAR(sums.value(SlateEstimator::kPseudoInverse, false), 1.472222222, 1e-9);
  EXPECT_NEAR(sums.value(SlateEstimator::kPseudoInverse, true), 1.343672457, 1e-9);
}

// Two rows of two kinds; whoever likes the kind of the first row plays from it, and then no more:
// what the second row earns depends on the first. The log chooses evenly, the policy puts kind 0
// first with probability p.
struct Problem {
  double p;
  double like[2] = {0.6, 0.2};
  double truth() const {
    const double first = p * like[0] + (1 - p) * like[1];
    return first + p * (1 - like[0]) * like[1] + (1 - p) * (1 - like[1]) * like[0];
  }
};

SlateSums logged(const Problem& problem, int slates, uint64_t seed) {
  RandomStream random(seed, "slates");
  SlateSums sums(2);
  for (int i = 0; i < slates; ++i) {
    const size_t first = random.below(2);
    const bool plays_first = random.uniform() < problem.like[first];
    const bool plays_second = !plays_first && random.uniform() < problem.like[1 - first];
    const double weight = 2 * (first == 0 ? problem.p : 1 - problem.p);
    // A reward model that is wrong about the second row.
    const double model[2] = {0.5, 0.3};
    const double expected = problem.p * model[0] + (1 - problem.p) * model[1];
    const std::array<Row, 2> slate{{{weight, double(plays_first), model[first], expected},
                                    {1, double(plays_second), model[1 - first], model[1 - first]}}};
    sums.add(slate);
  }
  return sums;
}

TEST(Slates, KnowThatRowsDependOnThoseAbove) {
  const Problem problem{0.9};
  constexpr int kRuns = 40;
  for (const bool own : {false, true}) {
    double interaction = 0, cascade = 0, independent = 0;
    for (int run = 0; run < kRuns; ++run) {
      const SlateSums sums = logged(problem, 4'000, static_cast<uint64_t>(run));
      interaction += sums.value(SlateEstimator::kRewardInteraction, own) / kRuns;
      cascade += sums.value(SlateEstimator::kCascadeDr, own) / kRuns;
      independent += sums.value(SlateEstimator::kIndependent, own) / kRuns;
    }
    EXPECT_NEAR(interaction, problem.truth(), 0.006);
    EXPECT_NEAR(cascade, problem.truth(), 0.006);
    EXPECT_GT(std::abs(independent - problem.truth()), 0.03);
  }
}

// 500 logs: of intervals that hold the truth with 95 %, 92.4 to 97.4 % do so by chance; fewer runs
// here, so the limits are wider.
TEST(Slates, IntervalsHoldTheTruthAsOftenAsTheySay) {
  const Problem problem{0.7};
  constexpr int kRuns = 150, kSlates = 400;
  int held = 0;
  for (int run = 0; run < kRuns; ++run) {
    RandomStream random(static_cast<uint64_t>(run), "coverage");
    BanditLog log;
    log.actions = {"0", "1"};
    log.positions = 2;
    WeightedLog weights;
    for (uint32_t slate = 0; slate < kSlates; ++slate) {
      const size_t first = random.below(2);
      const bool plays_first = random.uniform() < problem.like[first];
      const bool plays_second = !plays_first && random.uniform() < problem.like[1 - first];
      for (uint32_t row = 0; row < 2; ++row) {
        log.action.push_back(static_cast<uint32_t>(row == 0 ? first : 1 - first));
        log.position.push_back(row);
        log.reward.push_back(row == 0 ? plays_first : plays_second);
        log.propensity.push_back(row == 0 ? 0.5 : 1);
        log.slate.push_back(slate);
        weights.weight.push_back(row == 1 ? 1 : 2 * (first == 0 ? problem.p : 1 - problem.p));
        weights.reward.push_back(log.reward.back());
        weights.modelled.push_back(0.4);
        weights.expected.push_back(0.4);
      }
    }
    evaluation::Interval of_log;
    const auto results = evaluate_slates(log, {weights}, {static_cast<uint64_t>(run), 200}, of_log);
    EXPECT_TRUE(results[0].refusal.empty());
    const auto& interval = results[0].of(kLeadingSlate, true).value;
    held += interval.low <= problem.truth() && problem.truth() <= interval.high;
  }
  EXPECT_GT(held, 0.9 * kRuns);
  EXPECT_LT(held, 0.99 * kRuns);
}

TEST(Slates, AreRefusedWhereFewPagesDecide) {
  BanditLog log;
  log.positions = 1;
  WeightedLog weights;
  for (uint32_t slate = 0; slate < 500; ++slate) {
    log.slate.push_back(slate);
    log.reward.push_back(1);
    log.action.push_back(0);
    log.position.push_back(0);
    weights.weight.push_back(slate < 50 ? 10 : 0);
    weights.reward.push_back(1);
    weights.modelled.push_back(1);
    weights.expected.push_back(1);
  }
  log.actions = {"a"};
  evaluation::Interval logged_page;
  const auto results = evaluate_slates(log, {weights}, {1, 100}, logged_page);
  EXPECT_NE(results[0].refusal.find("fewer than 100 effective pages"), std::string::npos);
  EXPECT_NEAR(results[0].effective[0], 50, 1e-9);
  EXPECT_EQ(logged_page.value, 1);
}

}  // namespace
}  // namespace marquee::policy
