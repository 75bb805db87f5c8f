#include "inference/retrieval/ranking_metrics.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "core/random.h"

namespace marquee::inference {
namespace {

using Ranks = std::vector<double>;

TEST(RankingMetrics, AreOneForThePerfectRanking) {
  const Ranks ranks{2, 0, 1};
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
  for (const Ranks& ranks : {Ranks{}, Ranks{5, 7.5}}) {
    for (const auto metric :
         {hit_rate, precision, recall, reciprocal_rank, ndcg, average_precision}) {
      EXPECT_EQ(metric(ranks, 5), 0);
    }
  }
}

// Ranks 1 and 4 of three targets, the third out of reach.
TEST(RankingMetrics, AgreeWithAWorkedExample) {
  const Ranks ranks{4, 1, 30};
  EXPECT_EQ(hit_rate(ranks, 10), 1);
  EXPECT_DOUBLE_EQ(precision(ranks, 10), 2.0 / 10);
  EXPECT_DOUBLE_EQ(recall(ranks, 10), 2.0 / 3);
  EXPECT_DOUBLE_EQ(reciprocal_rank(ranks, 10), 1.0 / 2);
  const double ideal = 1 + 1 / std::log2(3) + 1.0 / 2;
  EXPECT_DOUBLE_EQ(ndcg(ranks, 10), (1 / std::log2(3) + 1 / std::log2(6)) / ideal);
  EXPECT_DOUBLE_EQ(average_precision(ranks, 10), (1.0 / 2 + 2.0 / 5) / 3);
  EXPECT_DOUBLE_EQ(average_precision(ranks, 2), (1.0 / 2) / 2);
}

TEST(RankingMetrics, TakeTheMeanRankOfTiesAsItIs) {
  const Ranks ranks{1.5};
  EXPECT_EQ(hit_rate(ranks, 1), 0);
  EXPECT_EQ(hit_rate(ranks, 2), 1);
  EXPECT_DOUBLE_EQ(reciprocal_rank(ranks, 2), 1 / 2.5);
  EXPECT_DOUBLE_EQ(ndcg(ranks, 2), 1 / std::log2(3.5));
  EXPECT_DOUBLE_EQ(average_precision(ranks, 2), 1 / 2.5);
}

TEST(RankingMetrics, StayWithinOneWhenTargetsTieAtTheEdge) {
  const Ranks ranks{1, 1, 1};
  EXPECT_EQ(precision(ranks, 2), 1);
  EXPECT_EQ(ndcg(ranks, 2), 1);
  EXPECT_LE(average_precision(ranks, 2), 1);
}

// The textbook definitions, walking down a list of places that are targets or not.
TEST(RankingMetrics, AgreeWithWalkingDownTheList) {
  RandomStream random(3, "metrics");
  for (int i = 0; i < 10000; ++i) {
    std::vector<bool> target(1 + random.below(40));
    Ranks ranks;
    for (size_t place = 0; place < target.size(); ++place) {
      target[place] = random.below(4) == 0;
      if (target[place]) ranks.push_back(static_cast<double>(place));
    }
    random.shuffle(ranks);
    const int k = static_cast<int>(1 + random.below(50));
    double hits = 0;
    double gained = 0;
    double ideal = 0;
    double precisions = 0;
    double first = 0;
    for (size_t place = 0; place < static_cast<size_t>(k); ++place) {
      const double gain = 1 / std::log2(static_cast<double>(place) + 2);
      if (place < ranks.size()) ideal += gain;
      if (place >= target.size() || !target[place]) continue;
      if (hits == 0) first = 1 / (static_cast<double>(place) + 1);
      ++hits;
      gained += gain;
      precisions += hits / (static_cast<double>(place) + 1);
    }
    const double targets = std::max(1.0, static_cast<double>(ranks.size()));
    EXPECT_EQ(hit_rate(ranks, k), hits > 0);
    EXPECT_DOUBLE_EQ(precision(ranks, k), hits / k);
    EXPECT_DOUBLE_EQ(recall(ranks, k), hits / targets);
    EXPECT_DOUBLE_EQ(reciprocal_rank(ranks, k), first);
    EXPECT_NEAR(ndcg(ranks, k), ideal > 0 ? gained / ideal : 0, 1e-12);
    EXPECT_NEAR(average_precision(ranks, k), precisions / std::min<double>(targets, k), 1e-12);
  }
}

}  // namespace
}  // namespace marquee::inference
