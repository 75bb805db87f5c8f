#include "inference/retrieval/top_k.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "core/error.h"
#include "core/random.h"
#include "core/threads.h"

namespace marquee::inference {
namespace {

// A catalogue, queries and filters of random shape. Vectors of small integers give exact scores, so
// that brute force agrees to the bit, and ties abound.
struct Case {
  int dim;
  uint32_t titles;
  std::vector<float> vectors;  // [titles + 1, dim]
  std::vector<std::vector<float>> users;
  std::vector<std::vector<uint32_t>> excluded;
  std::vector<std::vector<uint64_t>> allowed;
  std::vector<std::vector<uint32_t>> targets;
  std::vector<Query> queries;
};

std::vector<float> small_integers(RandomStream& random, size_t count, uint64_t spread) {
  std::vector<float> values(count);
  for (float& value : values) {
    value = static_cast<float>(random.below(2 * spread + 1)) - static_cast<float>(spread);
  }
  return values;
}

std::vector<uint32_t> random_titles(RandomStream& random, uint32_t titles, uint64_t share) {
  std::vector<uint32_t> chosen;
  for (uint32_t title = 1; title <= titles; ++title) {
    if (random.below(100) < share) chosen.push_back(title);
  }
  return chosen;
}

std::vector<uint64_t> random_bitmap(RandomStream& random, uint32_t titles) {
  std::vector<uint64_t> words(titles / 64 + 1);
  const uint64_t kind = random.below(4);
  for (uint64_t& word : words) word = kind == 0 ? 0 : kind == 1 ? ~uint64_t{0} : random.next();
  return words;
}

Case random_case(RandomStream& random, uint32_t most_titles, uint64_t most_queries) {
  Case c;
  c.dim = static_cast<int>(1 + random.below(random.below(8) == 0 ? 150 : 20));
  c.titles = static_cast<uint32_t>(1 + random.below(most_titles));
  const uint64_t spread = 1 + random.below(3);
  c.vectors = small_integers(random, (c.titles + 1) * static_cast<size_t>(c.dim), spread);
  const uint64_t count = 1 + random.below(most_queries);
  for (uint64_t i = 0; i < count; ++i) {
    c.users.push_back(small_integers(random, static_cast<size_t>(c.dim), spread));
    const uint64_t shares[] = {0, 0, 5, 60, 100};
    c.excluded.push_back(random_titles(random, c.titles, shares[random.below(5)]));
    c.allowed.push_back(random.below(3) == 0 ? random_bitmap(random, c.titles)
                                             : std::vector<uint64_t>());
    std::vector<uint32_t> targets(random.below(6));
    for (uint32_t& target : targets) target = static_cast<uint32_t>(1 + random.below(c.titles));
    c.targets.push_back(targets);
  }
  for (size_t i = 0; i < count; ++i) {
    c.queries.push_back({c.users[i], c.excluded[i], c.allowed[i]});
  }
  return c;
}

// The eligible titles of a query, best first.
std::vector<ScoredTitle> brute_force(const Case& c, size_t query) {
  std::vector<ScoredTitle> all;
  for (uint32_t title = 1; title <= c.titles; ++title) {
    if (std::ranges::binary_search(c.excluded[query], title)) continue;
    const auto& allowed = c.allowed[query];
    if (!allowed.empty() && (allowed[title / 64] >> (title % 64) & 1) == 0) continue;
    float score = 0;
    for (size_t d = 0; d < static_cast<size_t>(c.dim); ++d) {
      score += c.users[query][d] * c.vectors[title * static_cast<size_t>(c.dim) + d];
    }
    all.push_back({title, score});
  }
  std::ranges::stable_sort(all, std::ranges::greater(), &ScoredTitle::score);
  return all;
}

void expect_as_brute_force(const Case& c, const TitleIndex& index, int k) {
  const auto found = index.search(c.queries, k);
  const auto ranks = index.rank(c.queries, c.targets);
  ASSERT_EQ(found.size(), c.queries.size());
  for (size_t i = 0; i < c.queries.size(); ++i) {
    const auto all = brute_force(c, i);
    auto best = all;
    if (best.size() > static_cast<size_t>(k)) best.resize(static_cast<size_t>(k));
    ASSERT_EQ(found[i], best) << "query " << i;

    std::vector<float> scores(c.targets[i].size());
    index.score(c.users[i], c.targets[i], scores);
    for (size_t j = 0; j < c.targets[i].size(); ++j) {
      RankCounts expected;
      for (const ScoredTitle& other : all) {
        expected.higher += other.score > scores[j];
        expected.equal += other.score == scores[j] && other.title != c.targets[i][j];
      }
      ASSERT_EQ(ranks[i][j].higher, expected.higher) << "query " << i << " target " << j;
      ASSERT_EQ(ranks[i][j].equal, expected.equal) << "query " << i << " target " << j;
    }
  }
}

class TopK : public testing::TestWithParam<InstructionSet> {
 protected:
  void SetUp() override {
    if (GetParam() > best_instruction_set()) GTEST_SKIP() << "not on this processor";
  }
  void TearDown() override { set_thread_count(1); }
};

INSTANTIATE_TEST_SUITE_P(InstructionSets, TopK,
                         testing::Values(InstructionSet::kGeneric, InstructionSet::kAvx2,
                                         InstructionSet::kAvx512, InstructionSet::kAvx512Vnni,
                                         InstructionSet::kAmx),
                         [](const auto& instance) { return std::string(name(instance.param)); });

TEST_P(TopK, FindsWhatBruteForceFinds) {
  RandomStream random(7, "top-k");
  for (int i = 0; i < 4000; ++i) {
    SCOPED_TRACE(i);
    const Case c = random_case(random, i % 50 == 0 ? 3000 : 200, i % 10 == 0 ? 40 : 5);
    const TitleIndex index(c.vectors, c.dim, GetParam());
    const int most = i % 3 == 0 ? 1000 : 20;
    expect_as_brute_force(c, index,
                          1 + static_cast<int>(random.below(static_cast<uint64_t>(most))));
    if (HasFatalFailure()) return;
  }
}

// Large enough that the scan is divided: by titles for few queries, by queries for many.
TEST_P(TopK, FindsTheSameOnTwoThreads) {
  RandomStream random(8, "top-k");
  for (const uint64_t queries : {1, 7, 30, 300}) {
    Case c;
    do {
      c = random_case(random, 60000, queries);
    } while (c.titles * static_cast<size_t>(c.dim) * c.queries.size() < size_t{1} << 22 ||
             c.queries.size() * 2 < queries);
    const TitleIndex index(c.vectors, c.dim, GetParam());
    const auto one = index.search(c.queries, 300);
    const auto one_ranks = index.rank(c.queries, c.targets);
    set_thread_count(2);
    EXPECT_EQ(index.search(c.queries, 300), one);
    const auto two_ranks = index.rank(c.queries, c.targets);
    for (size_t i = 0; i < one_ranks.size(); ++i) {
      for (size_t j = 0; j < one_ranks[i].size(); ++j) {
        EXPECT_EQ(two_ranks[i][j].higher, one_ranks[i][j].higher);
        EXPECT_EQ(two_ranks[i][j].equal, one_ranks[i][j].equal);
      }
    }
    if (queries <= 7) expect_as_brute_force(c, index, 300);
    set_thread_count(1);
  }
}

// Vectors of arbitrary numbers: each rounding would show.
TEST_P(TopK, ScoresAreEqualToTheBitInEveryBatchAndPlace) {
  RandomStream random(9, "top-k");
  for (const int dim : {1, 3, 64, 129, 4096}) {
    const uint32_t titles = 301;
    std::vector<float> vectors((titles + 1) * static_cast<size_t>(dim));
    for (float& value : vectors) value = static_cast<float>(random.normal());
    std::vector<float> user(static_cast<size_t>(dim));
    for (float& value : user) value = static_cast<float>(random.normal());
    const TitleIndex index(vectors, dim, GetParam());

    std::vector<uint32_t> all(titles);
    for (uint32_t i = 0; i < titles; ++i) all[i] = i + 1;
    std::vector<float> scores(titles);
    index.score(user, all, scores);
    for (size_t batch = 1; batch <= 30; ++batch) {
      const std::vector<Query> queries(batch, Query{user, {}, {}});
      for (const auto& found : index.search(queries, 1000)) {
        ASSERT_EQ(found.size(), titles);
        for (const ScoredTitle& title : found) ASSERT_EQ(title.score, scores[title.title - 1]);
      }
    }
    // Reversed, every title has another lane and block.
    std::vector<float> reversed(vectors.size());
    const auto row = [&](uint32_t i) { return vectors.begin() + int64_t{i} * dim; };
    for (uint32_t i = 1; i <= titles; ++i) {
      std::copy_n(row(titles + 1 - i), dim, reversed.begin() + int64_t{i} * dim);
    }
    std::vector<float> reversed_scores(titles);
    TitleIndex(reversed, dim, GetParam()).score(user, all, reversed_scores);
    std::ranges::reverse(reversed_scores);
    EXPECT_EQ(reversed_scores, scores);
    // A target is level with nothing but itself: its score is the one the scan sees.
    const Query query{user, {}, {}};
    const std::vector<std::vector<uint32_t>> targets{all};
    const auto ranks = index.rank({&query, 1}, targets);
    for (const RankCounts& rank : ranks[0]) ASSERT_EQ(rank.equal, 0);
  }
}

// Vectors of arbitrary numbers and of very different lengths, some of them the same: what the
// first scan in bytes drops is none of the best.
TEST_P(TopK, FindsTheSameInAllInstructionSetsThatRoundEqually) {
  if (GetParam() == InstructionSet::kGeneric) GTEST_SKIP() << "rounds products by themselves";
  RandomStream random(10, "top-k");
  for (const int dim : {1, 2, 3, 5, 16, 63, 64, 200, 1'100}) {
    for (const double spread : {0.0, 1.0, 4.0}) {
      const uint32_t titles = dim > 100 ? 2'000 : 9'000;
      const auto width = static_cast<size_t>(dim);
      std::vector<float> vectors(width, 0);
      for (uint32_t i = 1; i <= titles; ++i) {
        const double length = std::exp(spread * random.normal());
        const bool same = i > 40 && random.below(20) == 0;
        const size_t from = vectors.size() - 40 * width;
        for (size_t d = 0; d < width; ++d) {
          vectors.push_back(same ? vectors[from + d]
                                 : static_cast<float>(length * random.normal()));
        }
      }
      std::vector<float> users(15 * width);
      for (float& value : users) value = static_cast<float>(random.normal());
      std::fill_n(users.begin(), width, 0.0F);
      std::fill_n(users.begin() + dim, width, 1e-38F);
      std::vector<Query> queries;
      for (size_t i = 0; i < 15; ++i) {
        queries.push_back({std::span(users).subspan(i * width, width), {}, {}});
      }
      const TitleIndex index(vectors, dim, GetParam());
      const TitleIndex plain(vectors, dim, InstructionSet::kAvx2);
      for (const int k : {1, 20, 200}) {
        EXPECT_EQ(index.search(queries, k), plain.search(queries, k)) << dim << ' ' << spread;
        EXPECT_EQ(index.search({queries.data() + 3, 1}, k)[0],
                  plain.search({queries.data() + 3, 1}, k)[0]);
      }
    }
  }
}

TEST_P(TopK, ManyTitlesWithOneScoreComeInOrder) {
  const std::vector<float> vectors(5001, 2.0F);
  const std::vector<float> user{3.0F};
  const std::vector<uint32_t> excluded{1, 2, 4999};
  const Query query{user, excluded, {}};
  const auto found = TitleIndex(vectors, 1, GetParam()).search({&query, 1}, 10)[0];
  ASSERT_EQ(found.size(), 10U);
  for (uint32_t i = 0; i < 10; ++i) EXPECT_EQ(found[i], (ScoredTitle{i + 3, 6.0F}));
}

TEST_P(TopK, FindsTheBestOfTitlesInAscendingOrder) {
  const uint32_t titles = 20000;
  std::vector<float> vectors(titles + 1);
  for (uint32_t i = 0; i <= titles; ++i) vectors[i] = static_cast<float>(i);
  const std::vector<float> user{1.0F};
  const Query query{user, {}, {}};
  const auto found = TitleIndex(vectors, 1, GetParam()).search({&query, 1}, 1000)[0];
  ASSERT_EQ(found.size(), 1000U);
  for (uint32_t i = 0; i < 1000; ++i) EXPECT_EQ(found[i].title, titles - i);
}

// All scores are below 0, which the padding would have.
TEST_P(TopK, NeverFindsPadding) {
  for (uint32_t titles = 1; titles < 70; ++titles) {
    std::vector<float> vectors(titles + 1, -1.0F);
    vectors[0] = NAN;
    const std::vector<float> user{1.0F};
    const Query query{user, {}, {}};
    const TitleIndex index(vectors, 1, GetParam());
    const auto found = index.search({&query, 1}, 1000)[0];
    ASSERT_EQ(found.size(), titles);
    for (uint32_t i = 0; i < titles; ++i) EXPECT_EQ(found[i], (ScoredTitle{i + 1, -1.0F}));
    const std::vector<std::vector<uint32_t>> targets{{titles}};
    const RankCounts rank = index.rank({&query, 1}, targets)[0][0];
    EXPECT_EQ(rank.higher, 0);
    EXPECT_EQ(rank.equal, titles - 1);
  }
}

TEST_P(TopK, FindsNothingWhereNoTitleIsEligible) {
  const std::vector<float> vectors(101, 1.0F);
  const std::vector<float> user{1.0F};
  std::vector<uint32_t> excluded(100);
  for (uint32_t i = 0; i < 100; ++i) excluded[i] = i + 1;
  const std::vector<uint64_t> none(2, 0);
  const std::vector<Query> queries{{user, excluded, {}}, {user, {}, none}};
  for (const auto& found : TitleIndex(vectors, 1, GetParam()).search(queries, 5)) {
    EXPECT_TRUE(found.empty());
  }
}

TEST_P(TopK, HasNothingToFindWithoutQueriesOrTitles) {
  const TitleIndex index(std::vector<float>{0, 0, 0}, 3, GetParam());
  EXPECT_TRUE(index.search({}, 5).empty());
  EXPECT_TRUE(index.rank({}, {}).empty());
  const std::vector<float> user{1, 2, 3};
  const Query query{user, {}, {}};
  EXPECT_TRUE(index.search({&query, 1}, 5)[0].empty());
}

TEST_P(TopK, RefusesWhatItCannotScore) {
  const TitleIndex index(std::vector<float>{0, 0, 1, 2, 3, 1e20F}, 2, GetParam());
  const auto search = [&](std::vector<float> user) {
    const Query query{user, {}, {}};
    return index.search({&query, 1}, 5);
  };
  EXPECT_EQ(search({1, 1})[0].size(), 2U);
  EXPECT_THROW(search({1, NAN}), Error);
  EXPECT_THROW(search({INFINITY, 1}), Error);
  EXPECT_THROW(search({0, 1e30F}), Error);
  EXPECT_THROW(search({1}), Error);
  const std::vector<float> user{1, 1};
  const Query query{user, {}, {}};
  EXPECT_THROW(index.search({&query, 1}, 0), Error);
  for (const uint32_t title : {0U, 3U}) {
    const std::vector<uint32_t> titles{title};
    float score = 0;
    EXPECT_THROW(index.score(user, titles, {&score, 1}), Error);
    EXPECT_THROW(index.rank({&query, 1}, {&titles, 1}), Error);
  }
}

TEST_P(TopK, RefusesTitlesItCannotScore) {
  const auto make = [](std::vector<float> rows, int dim) { TitleIndex(rows, dim, GetParam()); };
  EXPECT_THROW(make({}, 1), Error);
  EXPECT_THROW(make({0, 1, 2}, 2), Error);
  EXPECT_THROW(make({0, 1}, 0), Error);
  EXPECT_THROW(make({0, 0, 1, NAN}, 2), Error);
  EXPECT_THROW(make({0, 0, 1, -INFINITY}, 2), Error);
}

}  // namespace
}  // namespace marquee::inference
