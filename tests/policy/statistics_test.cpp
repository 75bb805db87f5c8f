// Values of independent implementations: gbstats, statsmodels, and formulas by hand.
#include "policy/experiment/statistics.h"

#include <gtest/gtest.h>

#include <cmath>

#include "core/random.h"

namespace marquee::policy {
namespace {

constexpr double kAlpha = .05;

ArmSums plain(double n, double x, double xx) { return {n, x, xx, 0, 0, 0}; }

const ArmSums kA = plain(3407, 1396.87, 52377.9767), kB = plain(3461, 2422.7, 134698.29);
// x after, y before.
const ArmSums kControl{1000, 2100, 5600, 2000, 5000, 4900},
    kTreatment{1000, 2200, 6050, 1990, 4960, 4980};

TEST(SampleRatio, EqualsAnIndependentImplementation) {
  EXPECT_NEAR(sample_ratio_p(std::vector<double>{5000, 5200}, std::vector<double>{1, 1}),
              .0476703807, 1e-9);
  EXPECT_NEAR(sample_ratio_p(std::vector<double>{1000, 1000, 1100}, std::vector<double>{1, 1, 1}),
              .0397237334, 1e-9);
  EXPECT_NEAR(sample_ratio_p(std::vector<double>{100, 300}, std::vector<double>{.25, .75}), 1,
              1e-9);
}

TEST(Differences, EqualAnIndependentImplementation) {
  const Difference relative = relative_difference(mean_of(kA), mean_of(kB), kAlpha);
  EXPECT_NEAR(relative.value, .70732, 5e-6);
  EXPECT_NEAR(relative.low, -.03526, 5e-6);
  EXPECT_NEAR(relative.high, 1.44989, 5e-6);
  EXPECT_NEAR(relative.p, .06191, 5e-6);
  const Difference absolute = absolute_difference(mean_of(kA), mean_of(kB), kAlpha);
  EXPECT_NEAR(absolute.value, .29, 5e-6);
  EXPECT_NEAR(absolute.low, .04538, 5e-6);
  EXPECT_NEAR(absolute.high, .53462, 5e-6);
  EXPECT_NEAR(absolute.p, .02016, 5e-6);
}

TEST(AlwaysValid, EqualsAnIndependentImplementation) {
  EXPECT_NEAR(sequence_half_width(1, 1'000, kAlpha, 5'000), .106375470, 1e-9);
  EXPECT_NEAR(sequence_half_width(1, 5'000, kAlpha, 5'000), .042924337, 1e-9);
  EXPECT_NEAR(sequence_half_width(1, 20'000, kAlpha, 5'000), .022112036, 1e-9);
  const ArmSums fewer = plain(3000, 1396.87, 52377.9767);
  const Difference fixed = relative_difference(mean_of(fewer), mean_of(kB), kAlpha);
  const Difference all = always_valid(fixed, 3000 + 3461, kAlpha, 1'000);
  EXPECT_NEAR(all.value, .50336, 5e-6);
  EXPECT_NEAR(all.low, -.55844, 5e-6);
  EXPECT_NEAR(all.high, 1.56516, 5e-6);
  EXPECT_EQ(all.p, 1);
}

TEST(Cuped, EqualsAnIndependentImplementation) {
  const Difference before = absolute_difference(mean_of(kControl), mean_of(kTreatment), kAlpha);
  EXPECT_NEAR(before.value, .1, 1e-9);
  EXPECT_NEAR(before.low, .003875487, 1e-8);
  EXPECT_NEAR(before.high, .196124513, 1e-8);
  EXPECT_NEAR(before.p, .041459612, 1e-8);
  const Adjusted adjustment = adjusted(kControl, kTreatment);
  EXPECT_NEAR(adjustment.theta, .650766269, 1e-9);
  const Difference after = absolute_difference(adjustment.control, adjustment.treatment, kAlpha);
  EXPECT_NEAR(after.value, .106507663, 1e-8);
  EXPECT_NEAR(after.low, .029199292, 1e-8);
  EXPECT_NEAR(after.high, .183816033, 1e-8);
  EXPECT_NEAR(after.p, .006953441, 1e-8);
  const Difference all = always_valid(after, 2'000, kAlpha, 5'000);
  EXPECT_NEAR(all.low, -.016630650, 1e-8);
  EXPECT_NEAR(all.high, .229645975, 1e-8);
}

TEST(Ratio, EqualsAnIndependentImplementation) {
  const Difference ratio = absolute_difference(ratio_of(kControl), ratio_of(kTreatment), kAlpha);
  EXPECT_NEAR(ratio.value, .055527638, 1e-8);
  EXPECT_NEAR(ratio.low, .012375650, 1e-8);
  EXPECT_NEAR(ratio.high, .098679626, 1e-8);
  EXPECT_NEAR(ratio.p, .011693732, 1e-8);
}

TEST(MixtureRatio, HasItsClosedForm) {
  EXPECT_NEAR(mixture_ratio(100, .3, 1, .01), 1.728523, 1e-6);
  EXPECT_NEAR(mixture_ratio(1'000, .1, 1, .01), 3.278722, 1e-6);
  EXPECT_NEAR(mixture_ratio(10'000, .05, 1, .01), 64.170151, 1e-6);
}

std::vector<Lifetime> lives(const std::vector<double>& times, const char* ended) {
  std::vector<Lifetime> all;
  for (size_t i = 0; i < times.size(); ++i) all.push_back({times[i], ended[i] == '1'});
  return all;
}

TEST(MixtureTest, IsTheRatioWithItsInterval) {
  // 1000 members an arm of variance 1, a difference of 0.1, mixed with variance 0.01.
  Difference difference{.value = 0.1, .error = std::sqrt(2.0 / 1000)};
  const Difference at = mixture_test(difference, 0.05, 0.1);
  EXPECT_NEAR(at.p, 1 / 3.278722, 1e-6);
  // At the end of the interval the test is exactly at its level.
  difference.value = 0.1 - at.low;
  EXPECT_NEAR(mixture_test(difference, 0.05, 0.1).p, 0.05, 1e-9);
  EXPECT_NEAR(at.high - 0.1, 0.1 - at.low, 1e-12);
}

TEST(Quantile, ByHand) {
  std::vector<MemberValue> values;
  for (uint32_t i = 0; i < 9; ++i) values.push_back({i, 9.0 - i});
  EXPECT_EQ(quantile_of(values, 0.5).mean, 5);
  EXPECT_NEAR(quantile_of(values, 0.9).mean, 8.2, 1e-12);  // NumPy's
  EXPECT_EQ(quantile_of(values, 0.5).n, 9);
  values.insert(values.end(), {{8, 1.0}, {8, 1.0}});
  EXPECT_EQ(quantile_of(values, 0.5).n, 9);  // members, not values
}

// Ten values of each member, who differ: as though they were independent, far too much is found.
TEST(Quantile, CountsMembersAndNotTheirValues) {
  constexpr int kRuns = 600;
  int by_members = 0, by_values = 0;
  for (uint64_t run = 0; run < kRuns; ++run) {
    RandomStream random(run, "quantile");
    const auto arm = [&](bool clustered) {
      RandomStream own = random;
      std::vector<MemberValue> values;
      for (uint32_t member = 0; member < 400; ++member) {
        const double usual = own.normal();
        for (uint32_t i = 0; i < 10; ++i) {
          values.push_back({clustered ? member : 10 * member + i, usual + 0.5 * own.normal()});
        }
      }
      if (!clustered) random = own;
      return quantile_of(std::move(values), 0.9);
    };
    const Estimated a = arm(true), a_values = arm(false), b = arm(true), b_values = arm(false);
    by_members += absolute_difference(a, b, 0.05).p < 0.05;
    by_values += absolute_difference(a_values, b_values, 0.05).p < 0.05;
  }
  EXPECT_NEAR(by_members, 0.05 * kRuns, 18);  // 3 standard errors
  EXPECT_GT(by_values, 0.15 * kRuns);
}

TEST(Survival, EqualsAnIndependentImplementation) {
  const auto a = lives({1, 3, 3, 5, 8, 12, 14, 20, 28, 28}, "1101101100");
  const auto b = lives({2, 4, 7, 9, 13, 18, 25, 28, 28, 28}, "1011110000");
  EXPECT_NEAR(survival_at(kaplan_meier(a), 20), .285714, 1e-6);
  EXPECT_NEAR(survival_at(kaplan_meier(b), 18), .45, 1e-9);
  const LogRank test = log_rank(a, b);
  EXPECT_NEAR(test.chi_squared, .451970709, 1e-8);
  EXPECT_NEAR(test.p, .501400579, 1e-8);
  EXPECT_NEAR(restricted_mean(kaplan_meier(a), 28).mean, 14.742857, 1e-6);
  EXPECT_NEAR(restricted_mean(kaplan_meier(b), 28).mean, 18.0875, 1e-9);
}

// Without censoring the restricted mean is the mean of min(time, end), and so is its variance.
TEST(Survival, WithoutCensoringIsTheMean) {
  RandomStream random(1, "survival");
  std::vector<Lifetime> all;
  double sum = 0, squares = 0;
  constexpr int kLives = 500;
  for (int i = 0; i < kLives; ++i) {
    const double time = 1 + random.exponential() * 10;
    all.push_back({time, true});
    sum += std::min(time, 15.0);
    squares += std::min(time, 15.0) * std::min(time, 15.0);
  }
  const RestrictedMean mean = restricted_mean(kaplan_meier(all), 15);
  EXPECT_NEAR(mean.mean, sum / kLives, 1e-9);
  const double variance = (squares / kLives - sum / kLives * sum / kLives) / kLives;
  EXPECT_NEAR(mean.variance / variance, 1, .01);
  EXPECT_EQ(log_rank(all, all).chi_squared, 0);
  EXPECT_EQ(kaplan_meier(all).back().survival, 0);
}

TEST(Multiplicity, ByHand) {
  const std::vector<double> p = {.04, .01, .03, .005};
  const std::vector<double> by_holm = {.06, .03, .06, .02}, by_bh = {.04, .02, .04, .02};
  for (size_t i = 0; i < p.size(); ++i) {
    EXPECT_NEAR(holm(p)[i], by_holm[i], 1e-12);
    EXPECT_NEAR(benjamini_hochberg(p)[i], by_bh[i], 1e-12);
  }
  EXPECT_TRUE(holm({}).empty());
  EXPECT_EQ(holm(std::vector<double>{.9, .8})[0], 1);
}

// The textbook: 80 % power at 5 % for half a standard deviation takes 63 members an arm.
TEST(Power, ByHand) {
  EXPECT_NEAR(members_needed(1, .5, .05, .8), 62.79, .01);
  EXPECT_NEAR(detectable_difference(1, 62.79, 62.79, .05, .8), .5, 1e-4);
}

// What does not vary has no interval, and no division by zero.
TEST(Differences, OfWhatDoesNotVary) {
  ArmSums same, other;
  for (int i = 0; i < 10; ++i) {
    same.add(1, 1);
    other.add(2, 1);
  }
  const Difference none = absolute_difference(mean_of(same), mean_of(same), kAlpha);
  EXPECT_EQ(none.p, 1);
  EXPECT_EQ(none.low, 0);
  const Difference sure = absolute_difference(mean_of(same), mean_of(other), kAlpha);
  EXPECT_EQ(sure.p, 0);
  EXPECT_EQ(sure.value, 1);
  EXPECT_EQ(adjusted(same, other).theta, 0);
  EXPECT_EQ(always_valid(none, 20, kAlpha, 5'000).high, 0);
}

// Under the null the fixed test is wrong 5 % of the time, and the sequence seldom at any of 20
// looks.
TEST(AlwaysValid, IsRightAtEveryLook) {
  constexpr int kRuns = 400;
  int fixed = 0, peeked = 0, sequential = 0;
  for (int run = 0; run < kRuns; ++run) {
    RandomStream random(static_cast<uint64_t>(run), "aa");
    ArmSums a, b;
    bool any = false, any_valid = false;
    Difference last;
    for (int look = 0; look < 20; ++look) {
      for (int i = 0; i < 100; ++i) {
        a.add(random.exponential());
        b.add(random.exponential());
      }
      last = absolute_difference(mean_of(a), mean_of(b), kAlpha);
      any |= last.p < kAlpha;
      any_valid |= always_valid(last, a.n + b.n, kAlpha, 1'000).p < kAlpha;
    }
    fixed += last.p < kAlpha;
    peeked += any;
    sequential += any_valid;
  }
  EXPECT_NEAR(fixed / double{kRuns}, .05, .035);
  EXPECT_GT(peeked / double{kRuns}, .15);  // what peeking at the fixed test does
  EXPECT_LE(sequential / double{kRuns}, .05);
}

}  // namespace
}  // namespace marquee::policy
