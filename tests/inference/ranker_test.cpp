#include "inference/ranker.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "core/error.h"
#include "core/random.h"
#include "inference/feature_similarity.h"
#include "tests/inference/tiny_bundle.h"

namespace marquee::inference {
namespace {

std::vector<UserHistory> random_users(size_t users, int titles, uint64_t longest) {
  RandomStream random(11, "members");
  std::vector<UserHistory> all(users);
  for (auto& user : all) {
    for (uint64_t n = random.below(longest + 1); n > 0; --n) {
      user.titles.push_back(1 + static_cast<uint32_t>(random.below(static_cast<uint64_t>(titles))));
      user.signals.push_back(static_cast<float>(random.uniform()));
      user.ages.push_back(static_cast<float>(random.below(1'000'000)));
    }
  }
  return all;
}

class RankerTest : public ::testing::Test {
 protected:
  RankerTest() {
    tiny_ = tests::random_bundle(200, 16);
    tests::write_bundle(tiny_, temp_ / "bundle");
    bundle_ = std::make_unique<Bundle>(temp_ / "bundle");
  }

  TempFolder temp_;
  tests::TinyBundle tiny_;
  std::unique_ptr<Bundle> bundle_;
};

TEST_F(RankerTest, EncodesTheNewestHistoryWhoeverSharesTheBatch) {
  const auto users = random_users(300, 200, 80);  // max_history is 50
  const size_t dim = 16;
  for (const int batch_size : {1, 7, 256}) {
    const Ranker ranker(*bundle_, batch_size);
    const auto vectors = ranker.encode(users);
    ASSERT_EQ(vectors.size(), users.size() * dim);
    for (size_t m = 0; m < users.size(); ++m) {
      const auto& user = users[m];
      const size_t used = std::min<size_t>(50, user.titles.size());
      for (size_t d = 0; d < dim; ++d) {
        double sum = 0;
        for (size_t i = user.titles.size() - used; i < user.titles.size(); ++i) {
          sum += tiny_.vectors[user.titles[i] * dim + d] * user.signals[i];
        }
        const double cold = 0.02 - 0.01 * static_cast<double>(d) / (dim - 1);
        ASSERT_NEAR(vectors[m * dim + d], sum / std::max<size_t>(1, used) + cold, 1e-5);
      }
    }
  }
}

TEST_F(RankerTest, EncodesNobody) {
  EXPECT_TRUE(Ranker(*bundle_).encode({}).empty());
  EXPECT_TRUE(Ranker(*bundle_).search({}, 5).empty());
}

TEST_F(RankerTest, PredictsRatingsInTheRequestedOrder) {
  const Ranker ranker(*bundle_, 16);
  const auto users = random_users(50, 200, 80);
  std::vector<std::vector<uint32_t>> titles(users.size());
  RandomStream random(1, "asked");
  for (auto& requested : titles) {
    for (uint64_t n = random.below(6); n > 0; --n) {
      requested.push_back(1 + static_cast<uint32_t>(random.below(200)));
    }
  }
  const auto ratings = ranker.predict_ratings(users, titles);
  const auto vectors = ranker.encode(users);
  for (size_t m = 0; m < users.size(); ++m) {
    ASSERT_EQ(ratings[m].size(), titles[m].size());
    std::vector<float> scores(titles[m].size());
    ranker.score(std::span(vectors).subspan(m * 16, 16), titles[m], scores);
    for (size_t i = 0; i < scores.size(); ++i) {
      EXPECT_NEAR(ratings[m][i], 5 / (1 + std::exp(-scores[i])), 1e-4);
    }
  }
}

TEST_F(RankerTest, FindsTheTitlesOfSimilarDirection) {
  const Ranker ranker(*bundle_);
  for (uint32_t title = 1; title <= 200; title += 13) {
    std::vector<ScoredTitle> expected;
    const auto vector = bundle_->vector(title);
    for (uint32_t other = 1; other <= 200; ++other) {
      const auto o = bundle_->vector(other);
      if (other != title) {
        expected.push_back({other, dot(vector, o) / std::sqrt(dot(vector, vector) * dot(o, o))});
      }
    }
    std::sort(expected.begin(), expected.end(), [](auto& a, auto& b) { return a.score > b.score; });
    const auto found = ranker.similar(title, 9);
    ASSERT_EQ(found.size(), 9U);
    for (size_t i = 0; i < found.size(); ++i) {
      EXPECT_EQ(found[i].title, expected[i].title);
      EXPECT_NEAR(found[i].score, expected[i].score, 1e-5);
    }
  }
  EXPECT_EQ(ranker.similar(1, 1000).size(), 199U);
}

// A model that scores every title is ranked as one that gives vectors, where the scores are equal.
TEST_F(RankerTest, ScoresOfEveryTitleRankLikeVectors) {
  tests::TinyBundle tiny = tests::random_bundle(200, 16);
  tiny.scoring = Scoring::kTitles;
  tiny.similarity = data::TitleSimilarity::kScores;
  tests::write_bundle(tiny, temp_ / "scores");
  const Bundle bundle(temp_ / "scores");
  const Ranker by_scores(bundle), by_vectors(*bundle_);
  const auto users = random_users(40, 200, 80);
  const auto rows = by_scores.encode(users), vectors = by_vectors.encode(users);
  ASSERT_EQ(by_scores.width(), 201);
  std::vector<Query> row_queries, vector_queries;
  const std::vector<uint32_t> excluded = {3, 50, 200};
  for (size_t m = 0; m < users.size(); ++m) {
    row_queries.push_back({std::span(rows).subspan(m * 201, 201), excluded, {}});
    vector_queries.push_back({std::span(vectors).subspan(m * 16, 16), excluded, {}});
  }
  const auto best = by_scores.search(row_queries, 20);
  const auto expected = by_vectors.search(vector_queries, 20);
  for (size_t m = 0; m < users.size(); ++m) {
    ASSERT_EQ(best[m].size(), 20U);
    for (size_t place = 0; place < 20; ++place) {
      EXPECT_EQ(best[m][place].title, expected[m][place].title);
      EXPECT_NEAR(best[m][place].score, expected[m][place].score, 1e-5);
    }
  }
  // The titles similar to one are the best for a history of it alone.
  const UserHistory only{{7}, {1}, {0}};
  const auto row = by_scores.encode({&only, 1});
  const std::vector<uint32_t> itself = {7};
  const Query query{row, itself, {}};
  EXPECT_EQ(by_scores.similar(7, 5), by_scores.search({&query, 1}, 5).front());
}

TEST(RankerSimilar, GoesByFeaturesWhereVectorsSayNothing) {
  const TempFolder temp;
  auto tiny = tests::six_titles();
  tiny.similarity = data::TitleSimilarity::kSharedFeatures;
  tests::write_bundle(tiny, temp / "bundle");
  const Bundle bundle(temp / "bundle");
  const auto found = Ranker(bundle).similar(1, 10);
  ASSERT_EQ(found.size(), 5U);
  // a1: Comedy, Leslie N, Zucker (2), Paramount: 5. a2 has Crime beside all of it; a3 shares 4
  // of 6.
  EXPECT_EQ(found[0], (ScoredTitle{2, 5.0f / 6.0f}));
  EXPECT_EQ(found[1], (ScoredTitle{3, 4.0f / 6.0f}));
  // The rest share nothing and come by popularity.
  EXPECT_EQ(found[2], (ScoredTitle{4, 0}));
  EXPECT_EQ(found[3], (ScoredTitle{5, 0}));
  EXPECT_EQ(found[4], (ScoredTitle{6, 0}));
}

TEST(RankerPredict, SaysThatTheModelPredictsNoRatings) {
  const TempFolder temp;
  auto tiny = tests::six_titles();
  tiny.predicts_ratings = false;
  tests::write_bundle(tiny, temp / "bundle");
  const Bundle bundle(temp / "bundle");
  const Ranker ranker(bundle);
  EXPECT_FALSE(ranker.predicts_ratings());
  try {
    ranker.predict_ratings({}, {});
    FAIL();
  } catch (const Error& error) {
    EXPECT_TRUE(
        std::string(error.what()).starts_with("the model tiny ranks titles but predicts no"));
  }
}

}  // namespace
}  // namespace marquee::inference
