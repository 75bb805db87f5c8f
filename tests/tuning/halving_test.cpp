#include "tuning/halving.h"

#include <gtest/gtest.h>

namespace marquee::tuning {
namespace {

std::vector<std::pair<int64_t, int64_t>> ladder(int64_t trials, int64_t epochs, int64_t step) {
  std::vector<std::pair<int64_t, int64_t>> result;
  for (const Rung& rung : rungs(trials, epochs, step))
    result.emplace_back(rung.trials, rung.epochs);
  return result;
}

using Ladder = std::vector<std::pair<int64_t, int64_t>>;

TEST(Halving, AThirdOfTheTrialsGetsThreeTimesTheEpochs) {
  EXPECT_EQ(ladder(27, 27, 1), (Ladder{{27, 1}, {9, 3}, {3, 9}, {1, 27}}));
  EXPECT_EQ(ladder(9, 18, 1), (Ladder{{9, 2}, {3, 6}, {1, 18}}));
}

TEST(Halving, TrialsThatAreNoPowerOfThreeAllBegin) {
  EXPECT_EQ(ladder(10, 9, 1), (Ladder{{10, 1}, {4, 3}, {2, 9}}));
  EXPECT_EQ(ladder(2, 9, 1), (Ladder{{2, 9}}));
  EXPECT_EQ(ladder(1, 9, 1), (Ladder{{1, 9}}));
}

TEST(Halving, RungsEndWhereAValidationIs) {
  EXPECT_EQ(ladder(9, 20, 4), (Ladder{{9, 4}, {3, 8}, {1, 20}}));
  EXPECT_EQ(ladder(27, 2, 1), (Ladder{{27, 1}, {9, 2}}));
}

TEST(Halving, OneEpochLeavesNothingToSave) { EXPECT_EQ(ladder(9, 1, 1), (Ladder{{9, 1}})); }

}  // namespace
}  // namespace marquee::tuning
