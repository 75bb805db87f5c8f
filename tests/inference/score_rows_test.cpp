#include "inference/retrieval/score_rows.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>

#include "core/error.h"
#include "core/random.h"

namespace marquee::inference {
namespace {

constexpr int64_t kTitles = 150;

// Few different scores, so that there are ties.
std::vector<float> random_row(RandomStream& random) {
  std::vector<float> row(kTitles + 1);
  for (float& score : row) score = static_cast<float>(random.below(12)) - 6;
  return row;
}

class ScoreRowsTest : public testing::TestWithParam<uint64_t> {};

TEST_P(ScoreRowsTest, AgreesWithSortingEverything) {
  RandomStream random(GetParam(), "score rows");
  const std::vector<float> row = random_row(random);
  std::vector<uint32_t> excluded, targets;
  std::vector<uint64_t> allowed(kTitles / 64 + 1);
  for (uint32_t title = 1; title <= kTitles; ++title) {
    if (random.below(5) == 0) excluded.push_back(title);
    if (random.below(10) == 0) targets.push_back(title);
    if (random.below(3) > 0) allowed[title / 64] |= uint64_t{1} << (title % 64);
  }
  const bool filtered = GetParam() % 2 == 0;
  const Query query{row, excluded, filtered ? std::span(allowed) : std::span<uint64_t>()};
  std::vector<ScoredTitle> expected;
  for (uint32_t title = 1; title <= kTitles; ++title) {
    const bool in = !filtered || (allowed[title / 64] >> (title % 64) & 1) != 0;
    if (in && !std::ranges::binary_search(excluded, title)) expected.push_back({title, row[title]});
  }
  std::stable_sort(expected.begin(), expected.end(),
                   [](const auto& a, const auto& b) { return a.score > b.score; });

  const ScoreRows rows(kTitles);
  EXPECT_EQ(rows.search({&query, 1}, 1000).front(), expected);
  expected.resize(7);
  EXPECT_EQ(rows.search({&query, 1}, 7).front(), expected);

  const auto ranks = rows.rank({&query, 1}, {&targets, 1}).front();
  for (size_t t = 0; t < targets.size(); ++t) {
    int64_t higher = 0, equal = 0;
    for (uint32_t title = 1; title <= kTitles; ++title) {
      if (!is_eligible(query, title) || title == targets[t]) continue;
      higher += row[title] > row[targets[t]];
      equal += row[title] == row[targets[t]];
    }
    EXPECT_EQ(ranks[t].higher, higher);
    EXPECT_EQ(ranks[t].equal, equal);
  }
}

INSTANTIATE_TEST_SUITE_P(Seeds, ScoreRowsTest, testing::Range<uint64_t>(0, 8));

TEST(ScoreRows, RefusesWhatItCannotRank) {
  const ScoreRows rows(3);
  const std::vector<float> fine = {0, 1, 2, 3}, short_row = {0, 1, 2},
                           nan = {0, 1, std::numeric_limits<float>::quiet_NaN(), 3};
  const Query good{fine, {}, {}}, small{short_row, {}, {}}, bad{nan, {}, {}};
  EXPECT_THROW(rows.search({&good, 1}, 0), Error);
  EXPECT_THROW(rows.search({&small, 1}, 1), Error);
  EXPECT_THROW(rows.search({&bad, 1}, 1), Error);
  const std::vector<uint32_t> outside = {4};
  EXPECT_THROW(rows.rank({&good, 1}, {&outside, 1}), Error);
  EXPECT_TRUE(rows.search({}, 5).empty());
}

}  // namespace
}  // namespace marquee::inference
