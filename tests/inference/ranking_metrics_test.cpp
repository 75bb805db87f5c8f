#include "inference/retrieval/ranking_metrics.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <initializer_list>
#include <numeric>
#include <vector>

#include "core/random.h"

namespace marquee::inference {
namespace {

using Ranks = std::vector<RankCounts>;

// Targets that tie with no title, so that their ranks (from 0) are certain.
Ranks untied(std::initializer_list<int64_t> ranks) {
  Ranks counts;
  for (const int64_t rank : ranks) counts.push_back({.higher = rank, .equal = 0});
  return counts;
}

TEST(RankingMetrics, AreOneForThePerfectRanking) {
  const Ranks ranks = untied({2, 0, 1});
  for (const int k : {1, 2, 3}) {
    EXPECT_EQ(hit_rate(ranks, k), 1);
    EXPECT_EQ(precision(ranks, k), 1);
    EXPECT_EQ(reciprocal_rank(ranks, k), 1);
    EXPECT_DOUBLE_EQ(ndcg(ranks, k), 1);
    EXPECT_EQ(average_precision(ranks, k), 1);
  }
  EXPECT_EQ(recall(ranks, 3), 1);
  EXPECT_DOUBLE_EQ(ndcg(ranks, 10), 1);
  EXPECT_EQ(average_precision(ranks, 10), 1);
}

TEST(RankingMetrics, AreZeroWithoutTargetsOrHits) {
  for (const Ranks& ranks : {Ranks{}, Ranks{{5, 0}, {7, 3}}}) {
    for (const auto metric :
         {hit_rate, precision, recall, reciprocal_rank, ndcg, average_precision}) {
      EXPECT_EQ(metric(ranks, 5), 0);
    }
  }
}

// Ranks 1 and 4 of three targets, the third out of reach.
TEST(RankingMetrics, AgreeWithAWorkedExample) {
  const Ranks ranks = untied({4, 1, 30});
  EXPECT_EQ(hit_rate(ranks, 10), 1);
  EXPECT_DOUBLE_EQ(precision(ranks, 10), 2.0 / 10);
  EXPECT_DOUBLE_EQ(recall(ranks, 10), 2.0 / 3);
  EXPECT_DOUBLE_EQ(reciprocal_rank(ranks, 10), 1.0 / 2);
  const double ideal = 1 + 1 / std::log2(3) + 1.0 / 2;
  EXPECT_DOUBLE_EQ(ndcg(ranks, 10), (1 / std::log2(3) + 1 / std::log2(6)) / ideal);
  EXPECT_DOUBLE_EQ(average_precision(ranks, 10), (1.0 / 2 + 2.0 / 5) / 3);
  EXPECT_DOUBLE_EQ(average_precision(ranks, 2), (1.0 / 2) / 2);
}

// A model that scores every title the same has the metrics of chance.
TEST(RankingMetrics, OfAConstantModelAreThoseOfChance) {
  const Ranks among_100{{0, 99}}, among_19{{0, 18}};
  EXPECT_DOUBLE_EQ(hit_rate(among_100, 50), 0.5);
  EXPECT_DOUBLE_EQ(hit_rate(among_19, 10), 10.0 / 19);
  EXPECT_DOUBLE_EQ(hit_rate(among_19, 100), 1);
  double mean_reciprocal = 0;
  for (int place = 1; place <= 19; ++place) mean_reciprocal += 1.0 / place / 19;
  EXPECT_DOUBLE_EQ(reciprocal_rank(among_19, 100), mean_reciprocal);
}

// Two targets share the first two places: in which order does not matter but for the first one.
TEST(RankingMetrics, OfTiedTargetsDoNotDependOnTheirOrder) {
  const Ranks ranks{{0, 1}, {0, 1}};
  EXPECT_DOUBLE_EQ(recall(ranks, 1), 0.5);
  EXPECT_DOUBLE_EQ(hit_rate(ranks, 1), 1);
  EXPECT_DOUBLE_EQ(reciprocal_rank(ranks, 1), 1);
  EXPECT_DOUBLE_EQ(ndcg(ranks, 5), 1);
  EXPECT_DOUBLE_EQ(average_precision(ranks, 5), 1);
}

struct Metrics {
  double hit_rate = 0, precision = 0, recall = 0, reciprocal_rank = 0, ndcg = 0,
         average_precision = 0;

  void add(const Metrics& other, double weight) {
    hit_rate += weight * other.hit_rate;
    precision += weight * other.precision;
    recall += weight * other.recall;
    reciprocal_rank += weight * other.reciprocal_rank;
    ndcg += weight * other.ndcg;
    average_precision += weight * other.average_precision;
  }
};

// The textbook definitions, walking down a list of places that are targets or not.
Metrics walk_down(const std::vector<bool>& list, int k) {
  const auto targets = static_cast<double>(std::count(list.begin(), list.end(), true));
  Metrics metrics;
  double hits = 0, gained = 0, ideal = 0, precisions = 0;
  for (size_t place = 0; place < static_cast<size_t>(k); ++place) {
    const double gain = 1 / std::log2(static_cast<double>(place) + 2);
    if (static_cast<double>(place) < targets) ideal += gain;
    if (place >= list.size() || !list[place]) continue;
    if (hits == 0) metrics.reciprocal_rank = 1 / (static_cast<double>(place) + 1);
    ++hits;
    gained += gain;
    precisions += hits / (static_cast<double>(place) + 1);
  }
  metrics.hit_rate = hits > 0;
  metrics.precision = hits / k;
  if (targets == 0) return metrics;
  metrics.recall = hits / targets;
  metrics.ndcg = gained / ideal;
  metrics.average_precision = precisions / std::min<double>(targets, k);
  return metrics;
}

void expect_near(const Ranks& ranks, int k, const Metrics& expected) {
  constexpr double kTolerance = 1e-12;
  EXPECT_NEAR(hit_rate(ranks, k), expected.hit_rate, kTolerance);
  EXPECT_NEAR(precision(ranks, k), expected.precision, kTolerance);
  EXPECT_NEAR(recall(ranks, k), expected.recall, kTolerance);
  EXPECT_NEAR(reciprocal_rank(ranks, k), expected.reciprocal_rank, kTolerance);
  EXPECT_NEAR(ndcg(ranks, k), expected.ndcg, kTolerance);
  EXPECT_NEAR(average_precision(ranks, k), expected.average_precision, kTolerance);
}

TEST(RankingMetrics, AgreeWithWalkingDownTheList) {
  RandomStream random(3, "metrics");
  for (int i = 0; i < 10000; ++i) {
    std::vector<bool> list(1 + random.below(40));
    Ranks ranks;
    for (size_t place = 0; place < list.size(); ++place) {
      list[place] = random.below(4) == 0;
      if (list[place]) ranks.push_back({static_cast<int64_t>(place), 0});
    }
    random.shuffle(ranks);
    const int k = static_cast<int>(1 + random.below(50));
    expect_near(ranks, k, walk_down(list, k));
  }
}

// Titles with few different scores: the mean over every order in which no title is above one that
// scores higher.
TEST(RankingMetrics, AreTheMeanOverAllOrdersOfTiedTitles) {
  RandomStream random(5, "ties");
  for (int i = 0; i < 300; ++i) {
    const size_t titles = 1 + random.below(6);
    std::vector<uint64_t> scores(titles);
    std::vector<bool> is_target(titles);
    for (size_t t = 0; t < titles; ++t) {
      scores[t] = random.below(3);
      is_target[t] = random.below(2) == 0;
    }
    Ranks ranks;
    for (size_t t = 0; t < titles; ++t) {
      if (!is_target[t]) continue;
      RankCounts counts;
      for (size_t other = 0; other < titles; ++other) {
        counts.higher += scores[other] > scores[t];
        counts.equal += other != t && scores[other] == scores[t];
      }
      ranks.push_back(counts);
    }
    const int k = static_cast<int>(1 + random.below(7));
    Metrics expected;
    std::vector<size_t> order(titles);
    std::iota(order.begin(), order.end(), size_t{0});
    std::vector<Metrics> all;
    do {
      if (!std::is_sorted(order.begin(), order.end(),
                          [&](size_t a, size_t b) { return scores[a] > scores[b]; })) {
        continue;
      }
      std::vector<bool> list;
      for (const size_t t : order) list.push_back(is_target[t]);
      all.push_back(walk_down(list, k));
    } while (std::next_permutation(order.begin(), order.end()));
    for (const Metrics& one : all) expected.add(one, 1 / static_cast<double>(all.size()));
    expect_near(ranks, k, expected);
  }
}

}  // namespace
}  // namespace marquee::inference
