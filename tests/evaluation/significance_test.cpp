#include "evaluation/significance.h"

#include <gtest/gtest.h>

#include <cmath>

#include "evaluation/leakage.h"
#include "tests/evaluation/world.h"

namespace marquee::evaluation {
namespace {

// Tables of Student's t: the 97.5 % points.
TEST(Significance, TailsAreThoseOfTheTables) {
  EXPECT_NEAR(student_tails(12.7062, 1), 0.05, 1e-5);
  EXPECT_NEAR(student_tails(2.22814, 10), 0.05, 1e-5);
  EXPECT_NEAR(student_tails(1.98397, 100), 0.05, 1e-5);
  EXPECT_NEAR(student_tails(-2.22814, 10), 0.05, 1e-5);
  EXPECT_NEAR(student_tails(0, 10), 1, 1e-12);
  EXPECT_NEAR(student_tails(1.959964, 1e7), 0.05, 1e-5);
}

// Sorted p are multiplied by what is left of the family and never fall.
TEST(Significance, HolmAdjustsAsItsPaperSays) {
  const std::vector<double> p = {0.01, 0.04, 0.03, 0.005};
  const std::vector<double> adjusted = holm(p);
  EXPECT_NEAR(adjusted[3], 0.02, 1e-12);  // 4 × 0.005
  EXPECT_NEAR(adjusted[0], 0.03, 1e-12);  // 3 × 0.01
  EXPECT_NEAR(adjusted[2], 0.06, 1e-12);  // 2 × 0.03
  EXPECT_NEAR(adjusted[1], 0.06, 1e-12);  // 1 × 0.04, not below the one before
  EXPECT_EQ(holm(std::vector<double>{0.7, 0.9})[0], 1);
  EXPECT_TRUE(holm(std::vector<double>{}).empty());
}

TEST(Significance, ABundleAgainstItselfIsChance) {
  World world;
  auto options = world.options();
  tests::write_bundle(world.good, world.folder / "again");
  options.bundles = {world.folder / "good", world.folder / "other", world.folder / "again"};
  evaluate(options);
  const Json report = report_json(world);
  int same = 0;
  for (const Json& difference : report.at("differences")) {
    const double p = difference.at("p"), adjusted = difference.at("p_holm");
    EXPECT_LE(p, adjusted);
    EXPECT_LE(adjusted, 1);
    EXPECT_EQ(difference.at("significant").get<bool>(), adjusted < 0.05);
    const std::string one = difference.at("bundle"), other = difference.at("minus");
    if (one.substr(0, 4) != "good" || other.substr(0, 4) != "good") continue;
    EXPECT_EQ(p, 1);
    EXPECT_EQ(difference.at("value").get<double>(), 0);
    ++same;
  }
  EXPECT_GT(same, 0);
}

// Only a split by time leaks nothing.
TEST(Leakage, IsFoundWhereASplitLeaksTheFuture) {
  for (const auto& [split, own, training] : {std::tuple{"temporal", false, false},
                                             {"leave-one-out", false, true},
                                             {"random", true, true}}) {
    const World world(split);
    const data::Dataset dataset(world.folder / "dataset");
    const Leakage leakage = find_leakage(dataset, find_test_users(dataset));
    EXPECT_GT(leakage.targets, 0) << split;
    EXPECT_EQ(leakage.before_own_history > 0, own) << split;
    EXPECT_EQ(leakage.before_training > 0, training) << split;
    EXPECT_EQ(warnings(leakage, split).size(), size_t{own} + size_t{training}) << split;
  }
}

// Every target is in one slice of each kind of targets, and every user in one of each kind of
// users.
TEST(Slices, CoverAllTargetsAndUsers) {
  const World world("leave-one-out");
  evaluate(world.options());
  const Json report = report_json(world);
  const Json& slices = report.at("bundles").at(0).at("slices");
  const auto total = [&](const char* kind) {
    int64_t sum = 0;
    for (const Json& slice : slices.at(kind)) {
      const bool again = slice.dump().find("cold") != std::string::npos;
      if (!again) sum += slice.at("n").get<int64_t>();
    }
    return sum;
  };
  EXPECT_EQ(total("history_length"), report.at("test_users").at("users").get<int64_t>());
  EXPECT_EQ(total("user"), report.at("test_users").at("users").get<int64_t>());
  EXPECT_EQ(total("target_popularity"), report.at("test_users").at("targets").get<int64_t>());
  EXPECT_FALSE(slices.contains("title_age"));  // no title has a year
  EXPECT_GT(total("genre"), 0);
}

}  // namespace
}  // namespace marquee::evaluation
