// The whole of off-policy evaluation: real logged data with an independent implementation's values,
// intervals against the truth, and logs that must be refused.
#include "policy/ope.h"

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <cstdlib>
#include <numeric>

#include "core/file.h"
#include "core/json.h"
#include "core/random.h"
#include "core/text.h"
#include "core/threads.h"
#include "policy/beta.h"
#include "policy/reward_model.h"

namespace marquee::policy {
namespace {

namespace fs = std::filesystem;

// A log of independent rows: one position, actions with known rewards, shown with `logging`.
BanditLog simulated(const std::vector<double>& rewards, const std::vector<double>& logging,
                    int rows, uint64_t seed) {
  BanditLog log;
  for (size_t a = 0; a < rewards.size(); ++a) log.actions.push_back(cat("a", a));
  RandomStream random(seed, "simulated");
  for (int i = 0; i < rows; ++i) {
    double u = random.uniform();
    uint32_t action = 0;
    while (action + 1 < logging.size() && u >= logging[action]) u -= logging[action++];
    log.action.push_back(action);
    log.position.push_back(0);
    log.propensity.push_back(logging[action]);
    log.reward.push_back(random.uniform() < rewards[action] ? 1 : 0);
  }
  return log;
}

const std::vector<double> kRewards = {.1, .2, .3, .4}, kLogging = {.4, .3, .2, .1},
                          kPolicy = {.1, .2, .3, .4};
constexpr double kTruth = .1 * .1 + .2 * .2 + .3 * .3 + .4 * .4;

OpeReport estimated(const BanditLog& log, const std::vector<double>& policy, int resamples = 200) {
  OpeOptions options;
  options.resamples = resamples;
  return estimate(log, {ActionProbabilities("policy", false, policy)}, options);
}

class OpenBandit : public testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    const char* data = std::getenv("MARQUEE_DATA");
    folder_ = data == nullptr ? fs::path() : fs::path(data) / "open-bandit";
    if (data == nullptr || !fs::exists(folder_)) GTEST_SKIP() << "MARQUEE_DATA has no open-bandit";
  }
  fs::path folder_;
};

TEST_P(OpenBandit, EqualsAnIndependentImplementation) {
  const std::string campaign = GetParam();
  const Json goldens = parse_json(read_file(folder_ / "goldens.json"), "goldens.json");
  const Json& golden = goldens["uniform_from_bts"][campaign];
  const BanditLog log = read_bandit_log(folder_ / "bts" / campaign / (campaign + ".csv"));
  const Json& facts = goldens["files"]["bts/" + campaign + "/" + campaign + ".csv"];
  EXPECT_EQ(log.sha256, facts["sha256"]);
  EXPECT_EQ(log.rows(), facts["rows"].get<size_t>());
  EXPECT_EQ(log.actions.size(), facts["arms"].get<size_t>());
  EXPECT_EQ(log.positions, 3);
  const auto uniform = uniform_policy(log);
  const WeightedLog weights = weighted(log, uniform, smoothed_rewards(log));
  const auto check = [&](const char* key, double value) {
    EXPECT_NEAR(value, golden[key].get<double>(), 1e-9 * std::max(1.0, std::abs(value))) << key;
  };
  const auto value = [&](Estimator estimator, double lambda = 0) {
    return contributions(estimator, weights, lambda).value();
  };
  check("ipw", value(Estimator::kIps));
  check("ipw_clip_5", value(Estimator::kClippedIps, 5));
  check("ipw_clip_10", value(Estimator::kClippedIps, 10));
  check("ipw_clip_100", value(Estimator::kClippedIps, 100));
  check("snipw", value(Estimator::kSnips));
  check("sgipw_0.05", value(Estimator::kSubGaussianIps, .05));
  check("dm", value(Estimator::kDirect));
  check("dr", value(Estimator::kDoublyRobust));
  check("sndr", value(Estimator::kSnDoublyRobust));
  // Many weights are 1 but for the last digit, in which the parsers of text to doubles differ.
  constexpr double kLastDigits = 1e-12;
  const double either = golden["switchdr_1"].get<double>();
  EXPECT_NEAR(std::min(std::abs(value(Estimator::kSwitchDr, 1 - kLastDigits) - either),
                       std::abs(value(Estimator::kSwitchDr, 1 + kLastDigits) - either)),
              0, 1e-9);
  check("switchdr_10", value(Estimator::kSwitchDr, 10));
  check("dros_10", value(Estimator::kShrinkageDr, 10));
  check("dros_100", value(Estimator::kShrinkageDr, 100));
  check("sgdr_0.05", value(Estimator::kSubGaussianDr, .05));
  const auto products = contributions(Estimator::kIps, weights).numerator;
  check("hoeffding_lb_0.05", hoeffding_lower_bound(products, .05));
  check("bernstein_lb_0.05", bernstein_lower_bound(products, .05));
  check("student_lb_0.05", student_lower_bound(products, .05));
  const Diagnostics found = diagnose(log, uniform, weights);
  check("mean_w", found.mean_weight);
  check("max_w", found.largest_weight);
  check("ess", found.effective_rows);
  EXPECT_EQ(found.refused(), campaign == "women");
}

INSTANTIATE_TEST_SUITE_P(Campaigns, OpenBandit, testing::Values("all", "men", "women"));

// The production policy, replayed on the log of the random one, earns 1.198 times as much: the
// figure of the data set's own documentation, from 100,000 draws.
TEST_F(OpenBandit, ThompsonSamplingFromTheRandomLog) {
  const BanditLog log = read_bandit_log(folder_ / "random/all/all.csv");
  const auto policy = thompson_policy(folder_ / "prior_bts.yaml", "all", log, 100'000, 1);
  for (uint32_t p = 0; p < 3; ++p) {
    const auto at = std::ranges::find(log.position, p) - log.position.begin();
    const auto shares = policy.of(log, static_cast<size_t>(at));
    EXPECT_NEAR(std::accumulate(shares.begin(), shares.end(), 0.0), 1, 1e-9);
  }
  const WeightedLog weights = weighted(log, policy, smoothed_rewards(log));
  const double ips = contributions(Estimator::kIps, weights).value();
  EXPECT_NEAR(ips / 0.0038, 1.1981263158, 0.012);
}

TEST(Ope, IntervalsHoldTheTruthAsOftenAsTheySay) {
  constexpr int kRepetitions = 150;
  std::vector<int> covered(estimators().size());
  for (int i = 0; i < kRepetitions; ++i) {
    const auto log = simulated(kRewards, kLogging, 1'000, static_cast<uint64_t>(i));
    const OpeReport report = estimated(log, kPolicy);
    for (const Estimate& each : report.policies.front().estimates) {
      covered[static_cast<size_t>(each.estimator)] +=
          each.value.low <= kTruth && kTruth <= each.value.high;
    }
  }
  // The standard error of the share is 1.8 %. bench/ope_coverage has 500 repetitions and the table.
  for (const Estimator each : {Estimator::kIps, Estimator::kSnips, Estimator::kDoublyRobust,
                               Estimator::kSnDoublyRobust, Estimator::kDirect}) {
    EXPECT_GE(covered[static_cast<size_t>(each)], 0.89 * kRepetitions) << info(each).id;
    EXPECT_LE(covered[static_cast<size_t>(each)], 0.995 * kRepetitions) << info(each).id;
  }
}

TEST(Ope, RowsOfOneMemberAreResampledTogether) {
  // Each member 20 times: 50 independent members, not 1,000 independent rows.
  BanditLog log = simulated(kRewards, kLogging, 50, 7), repeated = log;
  for (uint32_t i = 0; i < 50; ++i) log.user.push_back(i);
  repeated = log;
  for (int n = 1; n < 20; ++n) {
    repeated.action.insert(repeated.action.end(), log.action.begin(), log.action.end());
    repeated.position.insert(repeated.position.end(), log.position.begin(), log.position.end());
    repeated.reward.insert(repeated.reward.end(), log.reward.begin(), log.reward.end());
    repeated.propensity.insert(repeated.propensity.end(), log.propensity.begin(),
                               log.propensity.end());
    repeated.user.insert(repeated.user.end(), log.user.begin(), log.user.end());
  }
  const auto few = estimated(log, kPolicy).policies.front().of(Estimator::kIps).value;
  const auto many = estimated(repeated, kPolicy).policies.front().of(Estimator::kIps).value;
  EXPECT_NEAR(few.value, many.value, 1e-12);
  EXPECT_NEAR(few.low, many.low, 1e-9);
  EXPECT_NEAR(few.high, many.high, 1e-9);
}

TEST(Ope, TheSameWhateverTheNumberOfThreads) {
  const auto log = simulated(kRewards, kLogging, 500, 2);
  set_thread_count(1);
  const std::string one = to_json(estimated(log, kPolicy));
  set_thread_count(4);
  EXPECT_EQ(to_json(estimated(log, kPolicy)), one);
}

// The policy's mean probabilities over the rows are .35, .2 and .45, the log's shares 3/8, 3/8,
// 2/8.
TEST(Marginalised, WeighsActionsOfAClusterTheSame) {
  BanditLog log;
  log.actions = {"a", "b", "c"};
  log.action = {0, 1, 2, 0, 1, 2, 0, 1};
  log.position.assign(8, 0);
  log.reward = {1, 0, 1, 0, 1, 0, 1, 1};
  std::vector<double> policy;
  for (size_t i = 0; i < 8; ++i) {
    log.propensity.push_back(std::array{.5, .3, .2}[log.action[i]]);
    const std::array<double, 3> row = i < 4 ? std::array{.2, .3, .5} : std::array{.5, .1, .4};
    policy.insert(policy.end(), row.begin(), row.end());
  }
  const ActionProbabilities of_rows("policy", true, policy);
  const auto mips = [&] {
    const WeightedLog weights = weighted(log, of_rows, smoothed_rewards(log));
    return contributions(Estimator::kMarginalisedIps, weights).value();
  };
  log.cluster = {0, 0, 1};
  EXPECT_NEAR(mips(), (4 * .55 / .75 + 1 * .45 / .25) / 8, 1e-12);
  log.cluster = {0, 1, 2};
  EXPECT_NEAR(mips(), (2 * .35 + 2 * .2) / 3 + .45 / 2, 1e-12);
  log.cluster.clear();
  EXPECT_NEAR(mips(), (2 * .35 + 2 * .2) / 3 + .45 / 2, 1e-12);
}

// 40 actions in two clusters, of which the policy prefers one: what matters is seen in every row.
TEST(Marginalised, VariesLessThanIpsWhereClustersExplainRewards) {
  std::vector<double> rewards, logging, policy;
  for (int a = 0; a < 40; ++a) {
    rewards.push_back(a < 20 ? .2 : .4);
    logging.push_back(1 / 40.0);
    policy.push_back(a == 0 || a == 39 ? .45 : .1 / 38);  // two actions are shown 18 times as often
  }
  const double truth = .5 * .2 + .5 * .4;
  double ips_error = 0, mips_error = 0;
  for (uint64_t seed = 0; seed < 50; ++seed) {
    BanditLog log = simulated(rewards, logging, 400, seed);
    for (int a = 0; a < 40; ++a) log.cluster.push_back(a < 20 ? 0 : 1);
    const WeightedLog weights =
        weighted(log, ActionProbabilities("policy", false, policy), smoothed_rewards(log));
    const auto square = [&](Estimator each) {
      return std::pow(contributions(each, weights).value() - truth, 2);
    };
    ips_error += square(Estimator::kIps);
    mips_error += square(Estimator::kMarginalisedIps);
  }
  EXPECT_LT(mips_error, ips_error / 3);
}

// Two kinds of members, who like different actions: the mean of an action says neither's.
TEST(Regression, KnowsWhatEarnsFromWhom) {
  BanditLog log;
  log.actions = {"a", "b"};
  log.kinds = {0, 1};
  RandomStream random(3, "regression");
  std::vector<double> policy;
  for (int i = 0; i < 20'000; ++i) {
    const bool regular = random.uniform() < .5;
    const uint32_t action = random.uniform() < .5 ? 0 : 1;
    const double rate = (action == 0) == regular ? .6 : .2;
    log.action.push_back(action);
    log.position.push_back(0);
    log.reward.push_back(random.uniform() < rate);
    log.propensity.push_back(.5);
    log.features.push_back({1, regular ? 1.0 : 0.0, 0, 0, 0});
    policy.insert(policy.end(), {regular ? 1.0 : 0.0, regular ? 0.0 : 1.0});  // what each likes
  }
  const ActionProbabilities best("best", true, policy);
  const auto direct = [&](const RewardTable& rewards) {
    return contributions(Estimator::kDirect, weighted(log, best, rewards)).value();
  };
  EXPECT_NEAR(direct(smoothed_rewards(log)), .4, .02);
  EXPECT_NEAR(direct(regressed_rewards(log)), .6, .02);
  const std::vector<double> none(log.rows(), 0), twice(log.rows(), 2);
  EXPECT_NEAR(direct(regressed_rewards(log, kSmoothing, twice)), .6, .02);
}

TEST(Diagnostics, AGoodLogIsAccepted) {
  const auto report = estimated(simulated(kRewards, kLogging, 5'000, 1), kPolicy);
  const Diagnostics& found = report.policies.front().diagnostics;
  EXPECT_FALSE(found.refused()) << found.refusals.front();
  EXPECT_TRUE(found.warnings.empty()) << found.warnings.front();
  EXPECT_EQ(found.clipping.back().value, report.policies.front().of(Estimator::kIps).value.value);
}

TEST(Diagnostics, MassWhereTheLogHasNoneIsRefused) {
  const auto log = simulated({.1, .2, .3, .4}, {.5, .5, 0, 0}, 5'000, 1);
  BanditLog known = log;
  known.actions = {"a0", "a1", "a2", "a3"};
  const auto report = estimated(known, {.4, .4, .1, .1});
  const Diagnostics& found = report.policies.front().diagnostics;
  ASSERT_TRUE(found.refused());
  EXPECT_NEAR(found.unsupported, .2, 1e-9);
  EXPECT_NE(found.refusals.front().find("20.0 % of what the policy would show"), std::string::npos)
      << found.refusals.front();
}

TEST(Diagnostics, PropensitiesThatAreNotThoseOfTheLogAreRefused) {
  BanditLog log = simulated(kRewards, kLogging, 5'000, 1);
  for (double& propensity : log.propensity) propensity /= 2;
  const Diagnostics found = estimated(log, kPolicy).policies.front().diagnostics;
  ASSERT_TRUE(found.refused());
  EXPECT_NE(found.refusals.front().find("propensities are not those"), std::string::npos);
  EXPECT_EQ(found.miscalibrated.size(), 4u);
  EXPECT_NEAR(found.miscalibrated.front().ratio, 2, .2);
}

TEST(Diagnostics, OneWrongPropensityIsNamed) {
  BanditLog log = simulated(kRewards, kLogging, 20'000, 1);
  for (size_t i = 0; i < log.rows(); ++i) {
    if (log.action[i] == 2) log.propensity[i] *= 1.2;
  }
  const Diagnostics found = estimated(log, kPolicy).policies.front().diagnostics;
  ASSERT_EQ(found.miscalibrated.size(), 1u);
  EXPECT_EQ(found.miscalibrated.front().action, "a2");
  EXPECT_NEAR(found.miscalibrated.front().ratio, 1 / 1.2, .05);
}

TEST(Diagnostics, AFewRowsThatDecideAreRefused) {
  const auto log = simulated({.1, .5}, {.999, .001}, 20'000, 1);
  const Diagnostics found = estimated(log, {.1, .9}).policies.front().diagnostics;
  ASSERT_TRUE(found.refused());
  EXPECT_NE(found.refusals.front().find("effective rows"), std::string::npos);
  EXPECT_NE(found.needed.find("rows of this kind"), std::string::npos);
}

TEST(Beta, HasItsMeanAndVariance) {
  RandomStream random(1, "beta");
  for (const auto& [a, b] : {std::pair{0.5, 0.5}, {2.0, 5.0}, {40.0, 3.0}, {1.0, 1.0}}) {
    double sum = 0, squares = 0;
    constexpr int kDraws = 200'000;
    for (int i = 0; i < kDraws; ++i) {
      const double x = beta_draw(random, a, b);
      ASSERT_TRUE(x >= 0 && x <= 1);
      sum += x;
      squares += x * x;
    }
    const double mean = sum / kDraws, variance = squares / kDraws - mean * mean;
    const double exact = a * b / ((a + b) * (a + b) * (a + b + 1));
    EXPECT_NEAR(mean, a / (a + b), 5 * std::sqrt(exact / kDraws));
    EXPECT_NEAR(variance / exact, 1, .03);
  }
}

}  // namespace
}  // namespace marquee::policy
