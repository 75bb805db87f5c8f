#include "policy/day_rewards.h"

#include <gtest/gtest.h>

#include "core/error.h"
#include "core/random.h"

namespace marquee::policy {
namespace {

constexpr int64_t kHour = 3'600, kDay = 24 * kHour;

configs::RewardConfig returning(int days) {
  configs::RewardConfig config;
  config.returned = 0.5;
  config.return_days = days;
  return config;
}

// Rows of one kind at the top of pages.
struct Pages {
  BanditLog log;
  Pages() {
    log.actions = {"top"};
    log.kinds = {static_cast<uint32_t>(serving::RowKind::kTop)};
  }
  void add(uint32_t user, int64_t time, double reward, bool anonymous = false) {
    log.action.push_back(0);
    log.position.push_back(0);
    log.reward.push_back(reward);
    log.propensity.push_back(1);
    log.user.push_back(user);
    log.time.push_back(time);
    log.anonymous.push_back(anonymous);
    log.features.push_back({1, 0, 0, 0, 0});
  }
};

TEST(DayRewards, AreOfDaysOnWhichTheMemberCameBack) {
  Pages pages;
  pages.add(0, 10 * kHour, 2);        // came back on the second day after
  pages.add(0, 2 * kDay + kHour, 0);  // and found nothing
  pages.add(1, 22 * kHour, 1);        // comes 3 hours later: the same visit
  pages.add(1, kDay + kHour, 1);      // and on the day after that
  pages.add(1, 2 * kDay, 1);
  pages.add(2, 0, 1, /*anonymous=*/true);
  pages.add(3, 3 * kDay, 1);  // the log ends on this day
  const auto rewards = day_rewards(pages.log, returning(2));
  EXPECT_EQ(rewards[0], (std::vector<double>{2, 0, 0.5}));
  EXPECT_EQ(rewards[1], (std::vector<double>{0}));
  EXPECT_EQ(rewards[2], (std::vector<double>{1, 0, 0.5}));
  EXPECT_EQ(rewards[3], (std::vector<double>{1, 0.5}));
  EXPECT_EQ(rewards[5], (std::vector<double>{1}));
  EXPECT_EQ(rewards[6], (std::vector<double>{1}));
}

// Members who come on one day come on the next with 0.9 and 0.1.
TEST(DayRewards, VaryTogetherAsTheirCovarianceSays) {
  Pages pages;
  std::vector<std::vector<double>> rewards;
  RandomStream random(1, "test");
  for (int i = 0; i < 20'000; ++i) {
    pages.add(static_cast<uint32_t>(i), 0, 1);
    const bool first = random.uniform() < 0.5;
    const bool second = random.uniform() < (first ? 0.9 : 0.1);
    rewards.push_back({1, first ? 1.0 : 0.0, second ? 1.0 : 0.0});
  }
  const auto traces = fitted_traces(pages.log, rewards, 3);
  EXPECT_NEAR(traces.covariance()[1][1], 0.25, 0.01);
  EXPECT_NEAR(traces.covariance()[1][2], 0.2, 0.01);
  EXPECT_NEAR(traces.weight(1), 1.8, 0.02);  // itself, and 0.8 of it on the day after
  rewards.resize(99);
  pages.log.action.resize(99);
  EXPECT_THROW(fitted_traces(pages.log, rewards, 3), Error);
}

TEST(DayRewards, NeedToKnowWhoSawAPageAndWhen) {
  Pages pages;
  pages.add(0, 0, 1);
  pages.log.time.clear();
  EXPECT_THROW(day_rewards(pages.log, returning(2)), Error);
  EXPECT_EQ(day_rewards(pages.log, returning(0)).front(), (std::vector<double>{1}));
}

}  // namespace
}  // namespace marquee::policy
