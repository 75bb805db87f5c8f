#include "core/random.h"

#include <gtest/gtest.h>

#include <cmath>
#include <set>
#include <vector>

namespace marquee {
namespace {

TEST(RandomStream, NumbersAreTheSameEverywhere) {
  RandomStream stream(1, "test");
  const std::vector<uint64_t> first = {stream.next(), stream.next()};
  RandomStream again(1, "test");
  EXPECT_EQ(again.next(), first[0]);
  EXPECT_EQ(again.next(), first[1]);
}

TEST(RandomStream, SeedNameAndIndexEachMakeAnotherStream) {
  std::set<uint64_t> firsts;
  for (const uint64_t seed : {1, 2}) {
    for (const char* name : {"a", "b"}) {
      for (const uint64_t index : {0, 1}) firsts.insert(RandomStream(seed, name, index).next());
    }
  }
  EXPECT_EQ(firsts.size(), 8U);
}

TEST(RandomStream, GoesOnFromASavedState) {
  RandomStream stream(3, "state");
  stream.next();
  const auto state = stream.state();
  const uint64_t next = stream.next();
  stream.set_state(state);
  EXPECT_EQ(stream.next(), next);
}

TEST(RandomStream, BelowIsEven) {
  RandomStream stream(4, "below");
  std::vector<int> counts(7, 0);
  for (int i = 0; i < 70'000; ++i) ++counts[stream.below(7)];
  for (const int count : counts) EXPECT_NEAR(count, 10'000, 400);
}

TEST(RandomStream, MomentsAreAsPromised) {
  RandomStream stream(5, "moments");
  double uniform = 0, normal = 0, square = 0, exponential = 0;
  constexpr int kDraws = 200'000;
  for (int i = 0; i < kDraws; ++i) {
    uniform += stream.uniform();
    const double z = stream.normal();
    normal += z;
    square += z * z;
    exponential += stream.exponential();
  }
  EXPECT_NEAR(uniform / kDraws, 0.5, 0.005);
  EXPECT_NEAR(normal / kDraws, 0, 0.01);
  EXPECT_NEAR(square / kDraws, 1, 0.02);
  EXPECT_NEAR(exponential / kDraws, 1, 0.01);
}

TEST(RandomStream, ShuffleKeepsEverything) {
  RandomStream stream(6, "shuffle");
  std::vector<int> values = {1, 2, 3, 4, 5, 6, 7, 8};
  stream.shuffle(values);
  EXPECT_EQ(std::set<int>(values.begin(), values.end()).size(), 8U);
  EXPECT_NE(values, (std::vector<int>{1, 2, 3, 4, 5, 6, 7, 8}));
}

}  // namespace
}  // namespace marquee
