#include "evaluation/bootstrap.h"

#include <gtest/gtest.h>

#include <cmath>

#include "core/random.h"
#include "core/threads.h"

namespace marquee::evaluation {
namespace {

PerUser normal_values(int users, uint64_t seed) {
  RandomStream random(seed, "values");
  PerUser values;
  for (int i = 0; i < users; ++i) values.sums.push_back(static_cast<float>(random.normal()));
  return values;
}

Resampled resample_one(const PerUser& metric, const BootstrapOptions& options) {
  const PerUser* const metrics[] = {&metric};
  return bootstrap(metrics, options).front();
}

TEST(Bootstrap, IntervalsHoldTheTruthAsOftenAsTheySay) {
  int held = 0;
  for (uint64_t trial = 0; trial < 300; ++trial) {
    const Interval interval = resample_one(normal_values(200, trial), {.seed = trial}).interval();
    held += interval.low <= 0 && 0 <= interval.high;
  }
  EXPECT_NEAR(held / 300.0, 0.95, 0.04);
}

TEST(Bootstrap, IsAsWideAsTheStandardErrorSays) {
  const Interval interval = resample_one(normal_values(2'000, 1), {.resamples = 4'000}).interval();
  EXPECT_NEAR((interval.high - interval.low) / 2, 1.96 / std::sqrt(2'000), 0.004);
}

TEST(Bootstrap, DoesNotDependOnThreads) {
  const PerUser a = normal_values(3'000, 1), b = normal_values(3'000, 2);
  const PerUser* const metrics[] = {&a, &b};
  const int threads = thread_count();
  set_thread_count(1);
  const auto alone = bootstrap(metrics, {.seed = 9});
  set_thread_count(4);
  const auto together = bootstrap(metrics, {.seed = 9});
  set_thread_count(threads);
  EXPECT_EQ(alone[0].resamples, together[0].resamples);
  EXPECT_EQ(alone[1].resamples, together[1].resamples);
}

TEST(Bootstrap, WeightsLeaveUsersOut) {
  const PerUser metric{{1, 100, 3, 0}, {1, 0, 1, 1}};
  PerUser counted = metric;
  counted.sums[1] = 0;
  const Resampled resampled = resample_one(counted, {});
  EXPECT_DOUBLE_EQ(resampled.value, 4.0 / 3);
  EXPECT_GE(resampled.interval().low, 0);
  EXPECT_LE(resampled.interval().high, 3);
}

TEST(Bootstrap, PairsAreComparedOnTheSameUsers) {
  // Two models that differ by a little on every user: each is uncertain, the difference is not.
  const PerUser a = normal_values(500, 4);
  PerUser b = a;
  for (double& value : b.sums) value -= 0.01;
  const PerUser* const metrics[] = {&a, &b};
  const auto resampled = bootstrap(metrics, {});
  const Interval between = difference(resampled[0], resampled[1]).interval();
  EXPECT_FALSE(resampled[0].interval().excludes_zero());
  EXPECT_TRUE(between.excludes_zero());
  EXPECT_NEAR(between.low, 0.01, 1e-4);
  EXPECT_NEAR(between.high, 0.01, 1e-4);
}

TEST(Bootstrap, OfNobodyIsNoNumber) {
  const Resampled resampled = resample_one({{0, 0}, {0, 0}}, {});
  EXPECT_TRUE(std::isnan(resampled.value));
  EXPECT_TRUE(std::isnan(resampled.interval().low));
}

TEST(Jackknife, OfAMeanIsItsStandardError) {
  const double values[] = {0.1, 0.5, 0.4, 0.6, 0.9, 0.2, 0.3, 0.4};
  double sum = 0, squares = 0;
  for (const double value : values) sum += value;
  std::vector<double> without;
  for (const double value : values) {
    without.push_back((sum - value) / 7);
    squares += (value - sum / 8) * (value - sum / 8);
  }
  const Interval interval = jackknife(sum / 8, without);
  EXPECT_NEAR(interval.high - interval.value, 1.96 * std::sqrt(squares / 7 / 8), 1e-12);
}

}  // namespace
}  // namespace marquee::evaluation
