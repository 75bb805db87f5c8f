#include "training/privacy/accountant.h"

#include <gtest/gtest.h>

#include "core/error.h"

namespace marquee::training {
namespace {

double epsilon(double sampling, double noise, int64_t steps, double delta) {
  const Mechanism one{sampling, noise, steps};
  return epsilon_of({&one, 1}, delta);
}

// RdpAccountant of dp-accounting 0.6.0 with its default orders.
TEST(Accountant, HasTheValuesOfDpAccounting) {
  EXPECT_NEAR(epsilon(0.01, 4, 10'000, 1e-5), 1.035490, 1e-4);
  EXPECT_NEAR(epsilon(256.0 / 60'000, 1.12, 14'063, 1e-5), 2.518687, 1e-4);
  EXPECT_NEAR(epsilon(256.0 / 60'000, 1.1, 14'063, 1e-5), 2.596657, 1e-4);
  EXPECT_NEAR(epsilon(0.01, 1, 1'000, 1e-5), 2.101367, 1e-4);
  EXPECT_NEAR(epsilon(0.1, 2, 100, 1e-5), 2.580571, 1e-4);
  EXPECT_NEAR(epsilon(0.05, 1, 200, 1.0 / 610), 3.556749, 1e-4);
  EXPECT_NEAR(epsilon(0.05, 1.5, 500, 1.0 / 6'040), 3.482372, 1e-4);
}

TEST(Accountant, HasThemWithoutSampling) {
  EXPECT_NEAR(epsilon(1, 10, 10, 1e-5), 1.308497, 1e-4);
  EXPECT_NEAR(epsilon(1, 1, 1, 1e-5), 4.728507, 1e-4);
  EXPECT_NEAR(epsilon(1, 2, 1, 1e-5), 2.165716, 1e-4);
  EXPECT_NEAR(epsilon(1, 5, 1, 1e-5), 0.794522, 1e-4);
}

TEST(Accountant, HasTheDivergencesOfAStep) {
  const std::pair<double, double> expected[] = {
      {2, 1.71813e-4}, {4, 3.63154e-4}, {8, 8.93644e-4}, {16, 3.087851}, {32, 11.246276}};
  for (const auto& [order, value] : expected) {
    EXPECT_NEAR(renyi_divergence(0.01, 1, order), value, 1e-5 * std::max(1.0, value)) << order;
  }
  EXPECT_EQ(renyi_divergence(0, 1, 2), 0);
  // Fractions are between the whole numbers beside them.
  EXPECT_GT(renyi_divergence(0.01, 1, 2.5), renyi_divergence(0.01, 1, 2));
  EXPECT_LT(renyi_divergence(0.01, 1, 2.5), renyi_divergence(0.01, 1, 3));
}

TEST(Accountant, AddsUpWhatDiffers) {
  const Mechanism two[] = {{1, 1, 1}, {1, 1, 1}};
  EXPECT_NEAR(epsilon_of(two, 1e-5), epsilon(1, 1, 2, 1e-5), 1e-9);
  const Mechanism other[] = {{1, 3, 1}, {0.01, 1, 1'000}};
  EXPECT_GT(epsilon_of(other, 1e-5), 2.101367);
}

TEST(Accountant, FindsTheNoiseOfABudget) {
  EXPECT_NEAR(noise_for({1.035490, 1e-5}, {0.01, 0, 10'000}), 4, 1e-3);
  EXPECT_NEAR(noise_for({4.728507, 1e-5}, {1, 0, 1}), 1, 1e-3);
  const Mechanism counts{1, 5, 1};
  const double noise = noise_for({2, 1e-6}, {0.02, 0, 500}, {&counts, 1});
  const Mechanism both[] = {counts, {0.02, noise, 500}};
  EXPECT_LE(epsilon_of(both, 1e-6), 2);
  EXPECT_NEAR(epsilon_of(both, 1e-6), 2, 1e-3);
  EXPECT_GT(noise, noise_for({2, 1e-6}, {0.02, 0, 500}));
}

TEST(Accountant, RefusesWhatIsOutOfReach) {
  for (const double bad : {0.0, -1.0}) EXPECT_THROW(noise_for({bad, 1e-5}, {}), Error);
  for (const double bad : {0.0, 1.0, -0.5, 2.0}) EXPECT_THROW(noise_for({1, bad}, {}), Error);
  const Mechanism dear{1, 1, 1};  // costs 4.7 alone
  EXPECT_THROW(noise_for({2, 1e-5}, {0.01, 0, 10}, {&dear, 1}), Error);
  EXPECT_THROW(noise_for({1e-9, 1e-9}, {1, 0, 1'000'000}), Error);
}

}  // namespace
}  // namespace marquee::training
