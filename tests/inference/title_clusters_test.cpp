// Approximate search beside the exact one.
#include "inference/retrieval/title_clusters.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <span>

#include "core/random.h"
#include "core/threads.h"
#include "inference/retrieval/title_bitmap.h"

namespace marquee::inference {
namespace {

constexpr int kDim = 24;
using Found = std::vector<ScoredTitle>;

// Titles around some directions, of different lengths, as models make them.
std::vector<float> planted(int64_t titles, uint64_t seed) {
  RandomStream random(seed, "planted");
  constexpr size_t kGroups = 60;
  std::vector<float> centres(kGroups * kDim);
  for (float& value : centres) value = static_cast<float>(random.normal());
  std::vector<float> vectors(kDim, 0);
  for (int64_t title = 1; title <= titles; ++title) {
    const size_t group = random.below(kGroups);
    const double length = 0.5 + random.uniform();
    for (size_t d = 0; d < kDim; ++d) {
      vectors.push_back(
          static_cast<float>(length * (centres[group * kDim + d] + 0.6 * random.normal())));
    }
  }
  return vectors;
}

class TitleClustersTest : public testing::Test {
 protected:
  static constexpr int64_t kTitles = 6'000;
  const std::vector<float> vectors_ = planted(kTitles, 1);
  const TitleIndex exact_{vectors_, kDim};
  const std::vector<float> users_ = planted(50, 2);

  Query query(size_t user) const {
    return {std::span(users_).subspan((user + 1) * kDim, kDim), {}, {}};
  }
  std::vector<Query> queries() const {
    std::vector<Query> all;
    for (size_t i = 0; i < 50; ++i) all.push_back(query(i));
    return all;
  }
};

TEST_F(TitleClustersTest, FindsMostOfTheBestInASmallShare) {
  const TitleClusters clusters(vectors_, kDim, 0.1);
  EXPECT_EQ(clusters.clusters(), 110);
  const double recall = clusters.recall(exact_, queries(), 20);
  EXPECT_GT(recall, 0.85);
  EXPECT_GT(TitleClusters(vectors_, kDim, 0.3).recall(exact_, queries(), 20), recall);
  EXPECT_LT(TitleClusters(vectors_, kDim, 0.01).recall(exact_, queries(), 20), recall);
}

TEST_F(TitleClustersTest, IsExactWhereItLooksAtAll) {
  const TitleClusters clusters(vectors_, kDim, 1);
  EXPECT_EQ(clusters.recall(exact_, queries(), 20), 1);
  for (size_t i = 0; i < 10; ++i) {
    const Query one = query(i);
    EXPECT_EQ(clusters.search(exact_, one, 37), exact_.search({&one, 1}, 37).front());
  }
}

TEST_F(TitleClustersTest, ScoresAreExactAndTheSameForAnyNumberOfThreads) {
  const int before = thread_count();
  set_thread_count(1);
  const TitleClusters one(vectors_, kDim, 0.05);
  set_thread_count(4);
  const TitleClusters four(vectors_, kDim, 0.05);
  set_thread_count(before);
  for (size_t i = 0; i < 50; ++i) {
    const Found found = one.search(exact_, query(i), 15);
    EXPECT_EQ(found, four.search(exact_, query(i), 15));
    std::vector<uint32_t> titles;
    for (const ScoredTitle& each : found) titles.push_back(each.title);
    std::vector<float> scores(titles.size());
    exact_.score(query(i).user, titles, scores);
    for (size_t j = 0; j < found.size(); ++j) EXPECT_EQ(found[j].score, scores[j]);
    EXPECT_TRUE(std::ranges::is_sorted(found, ranks_before));
  }
}

TEST_F(TitleClustersTest, LooksFurtherWhereFiltersLeaveTooFew) {
  const TitleClusters clusters(vectors_, kDim, 0.02);
  TitleBitmap some = empty_bitmap(kTitles);
  for (int64_t title = 100; title < 130; ++title) insert(some, title);
  const std::vector<uint32_t> excluded = {101, 102, 103};
  const Query one{query(0).user, excluded, some};
  EXPECT_EQ(clusters.search(exact_, one, 50), exact_.search({&one, 1}, 50).front());
  const TitleBitmap nothing = empty_bitmap(kTitles);
  const Query none{query(0).user, {}, nothing};
  EXPECT_TRUE(clusters.search(exact_, none, 50).empty());
}

TEST_F(TitleClustersTest, LooksAtAllTitlesThatCameLater) {
  const TitleClusters clusters(std::span<const float>(vectors_).first(5'001 * kDim), kDim, 0.02);
  TitleBitmap later = empty_bitmap(kTitles);
  for (int64_t title = 5'001; title <= kTitles; ++title) insert(later, title);
  const Query one{query(3).user, {}, later};
  EXPECT_EQ(clusters.search(exact_, one, 40), exact_.search({&one, 1}, 40).front());
}

TEST(TitleClusters, OfFewTitlesAndVectorsOfZeros) {
  for (const int64_t titles : {1, 2, 5}) {
    const std::vector<float> zeros(static_cast<size_t>(titles + 1) * 4);
    const TitleIndex exact(zeros, 4);
    const TitleClusters clusters(zeros, 4, 0.5);
    const std::vector<float> user = {1, 0, 0, 0};
    const Query query{user, {}, {}};
    EXPECT_EQ(clusters.search(exact, query, 10), exact.search({&query, 1}, 10).front());
  }
}

}  // namespace
}  // namespace marquee::inference
