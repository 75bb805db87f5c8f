#include "training/event_rewards.h"

#include <gtest/gtest.h>

#include <cmath>

namespace marquee::training {
namespace {

constexpr int64_t kHour = 3600, kDay = 24 * kHour;

// Two visits a day apart, the second with two events, and one 20 days later.
const std::vector<int64_t> kTimes{0, kDay, kDay + kHour, 21 * kDay};
const std::vector<float> kSignals{1, 0.5, 0.25, 1};

configs::EventRewardConfig nothing() {
  configs::EventRewardConfig config;
  config.signal = 0;
  return config;
}

std::vector<float> rewards(const configs::EventRewardConfig& config,
                           int64_t known_until = 100 * kDay) {
  return event_rewards(kTimes, kSignals, known_until, config);
}

TEST(EventRewards, CountWhatIsPlayedSoonAfter) {
  configs::EventRewardConfig config;
  config.horizon_hours = 6;
  config.discount = 0.5;
  EXPECT_EQ(rewards(config), (std::vector<float>{1, 0.625, 0.25, 1}));
  config.horizon_hours = 24;
  EXPECT_EQ(rewards(config), (std::vector<float>{1.25, 0.625, 0.25, 1}));
  config.horizon_hours = 0;
  EXPECT_EQ(rewards(config), kSignals);
}

TEST(EventRewards, CountWhetherTheUserCameBack) {
  configs::EventRewardConfig config = nothing();
  config.return_1 = 1;
  EXPECT_EQ(rewards(config), (std::vector<float>{1, 0, 0, 0}));
  config.return_1 = 0;
  config.return_7 = 2;
  EXPECT_EQ(rewards(config), (std::vector<float>{2, 0, 0, 0}));
  config.return_7 = 0;
  config.return_28 = 1;
  EXPECT_EQ(rewards(config), (std::vector<float>{1, 1, 1, 0}));
}

TEST(EventRewards, CountLaterVisitsByTheirDay) {
  configs::EventRewardConfig config = nothing();
  config.visits = 1;
  config.visit_discount = 0.5;
  const auto all = rewards(config);
  EXPECT_NEAR(all[0], 0.5 + std::pow(0.5, 21), 1e-7);
  EXPECT_NEAR(all[1], std::pow(0.5, 20), 1e-9);
  EXPECT_NEAR(all[3], 0, 1e-9);
}

TEST(EventRewards, DoNotGuessWhatIsNotKnownYet) {
  configs::EventRewardConfig config = nothing();
  config.return_7 = 1;
  const auto all = rewards(config, 21 * kDay + kHour);
  EXPECT_EQ(all[0], 1);
  EXPECT_EQ(all[2], 0);
  EXPECT_TRUE(std::isnan(all[3]));
  config.visits = 1;  // followed for 28 days
  for (const float reward : rewards(config, 21 * kDay + kHour)) EXPECT_TRUE(std::isnan(reward));
}

}  // namespace
}  // namespace marquee::training
