#include "policy/experiment/surrogate.h"

#include <gtest/gtest.h>

#include <cmath>

#include "core/error.h"
#include "core/random.h"

namespace marquee::policy {
namespace {

// Arms that move `early` by `shift`, of which `later` follows: 3 + 2 early - early_2, and noise.
Units experiment(const std::vector<double>& shifts, int users, double noise, uint64_t seed) {
  Units units;
  RandomStream random(seed, "surrogate");
  auto& early = units.columns["early"];
  auto& other = units.columns["early_2"];
  auto& later = units.columns["later"];
  for (size_t arm = 0; arm < shifts.size(); ++arm) {
    units.arms.push_back(std::string(1, static_cast<char>('a' + arm)));
    for (int i = 0; i < users; ++i) {
      units.arm.push_back(static_cast<uint32_t>(arm));
      early.push_back(random.normal() + shifts[arm]);
      other.push_back(5 * random.normal() + 7);
      later.push_back(3 + 2 * early.back() - other.back() + noise * random.normal());
    }
  }
  return units;
}

TEST(Surrogate, FindsTheLine) {
  const Units past = experiment({0, 1}, 50, 0, 1);
  const Surrogate surrogate(past, "later", {"early", "early_2"});
  const Units now = experiment({2}, 10, 0, 2);
  const auto expected = surrogate.expected(now);
  for (size_t i = 0; i < expected.size(); ++i) {
    EXPECT_NEAR(expected[i], now.columns.at("later")[i], 1e-9);
  }
}

TEST(Surrogate, SaysHowFarItIsToBeTrusted) {
  const Units past = experiment({0, 1, -1, 0, 0.5}, 4'000, 2, 3);
  const auto quality = surrogate_quality(past, "later", {"early", "early_2"}, {0.01, true});
  EXPECT_NEAR(quality.explained, (4 * 1.5 + 25) / (4 * 1.5 + 25 + 4), 0.03);
  EXPECT_EQ(quality.arms, 4);
  EXPECT_EQ(quality.agreed, 4);
  EXPECT_EQ(quality.better, 2);
  EXPECT_EQ(quality.recalled, 2);
  const auto lower = surrogate_quality(past, "later", {"early", "early_2"}, {0.01, false});
  EXPECT_EQ(lower.better, 1);
  EXPECT_EQ(lower.recalled, 1);
  // What is known early says nothing of what the arms changed.
  const auto useless = surrogate_quality(past, "later", {"early_2"}, {0.01, true});
  EXPECT_EQ(useless.better, 2);
  EXPECT_EQ(useless.recalled, 0);
}

TEST(Surrogate, RefusesColumnsThatSayTheSame) {
  Units past = experiment({0, 1}, 50, 1, 1);
  past.columns["twice"] = past.columns["early"];
  for (double& each : past.columns["twice"]) each = 2 * each + 1;
  EXPECT_THROW(Surrogate(past, "later", {"early", "twice"}), Error);
  past.columns["constant"].assign(past.users(), 1);
  EXPECT_THROW(Surrogate(past, "later", {"constant"}), Error);
}

}  // namespace
}  // namespace marquee::policy
