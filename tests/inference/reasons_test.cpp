// Reasons from what a model says each title of a history adds to a score.
#include "inference/reasons.h"

#include <gtest/gtest.h>

#include "inference/runner.h"
#include "tests/inference/tiny_bundle.h"

namespace marquee::inference {
namespace {

using Ids = std::vector<std::string>;

class ReasonsTest : public ::testing::Test {
 protected:
  // six_titles() with other vectors of "a1" and "b1"; a title's vector times that of another, by
  // the length of the history, is what the one adds to the other.
  void open(float a1_x, float a1_y, float b1_x, float b1_y, bool contributes = true) {
    tests::TinyBundle tiny = tests::six_titles();
    tiny.vectors[2] = a1_x, tiny.vectors[3] = a1_y;
    tiny.vectors[8] = b1_x, tiny.vectors[9] = b1_y;
    tiny.contributes = contributes;
    std::filesystem::remove_all(temp_ / "bundle");
    tests::write_bundle(tiny, temp_ / "bundle");
    bundle_ = std::make_unique<Bundle>(temp_ / "bundle");
    ASSERT_EQ(Ranker(*bundle_).gives_contributions(), contributes);
  }

  Ids reasons(const std::string& history, const std::string& title) const {
    const Request request = parse_request(R"({"include_seen":true,"history":)" + history + "}");
    const Answer answer = Runner(*bundle_).recommend({&request, 1}).front();
    for (const auto& item : answer.items) {
      if (item.title_id == title) return item.reasons;
    }
    return {};
  }

  TempFolder temp_;
  std::unique_ptr<Bundle> bundle_;
};

TEST_F(ReasonsTest, NameWhatAddsMostNotWhatIsNearest) {
  open(3, 3, 0, 1);
  EXPECT_EQ(reasons(R"(["a1","b1"])", "b2"), Ids{"because you watched Airplane"});
  EXPECT_EQ(reasons(R"(["b1",{"title_id":"a1","event":"like"}])", "b2"),
            Ids{"because you liked Airplane"});
}

TEST_F(ReasonsTest, OfABundleWithoutContributionsAreByVectors) {
  open(3, 3, 0, 1, /*contributes=*/false);
  EXPECT_EQ(reasons(R"(["a1","b1"])", "b2"), Ids{"because you watched Ran"});
}

TEST_F(ReasonsTest, OneThatAddsAboutAsMuchAsTheOthersExplainsNothing) {
  open(1, 1, 0, 1);  // they add 1.0 and 0.9 to "b2"
  EXPECT_EQ(reasons(R"(["a1","b1"])", "b2"), Ids{"new to you"});
  EXPECT_EQ(reasons(R"(["b1"])", "b2"), Ids{"because you watched Ran"});
  // But 1.0 is more than twice the mean of 0.9, 0.18 and 0.08.
  EXPECT_EQ(reasons(R"(["a1","b1","a2","a3"])", "b2").front(), "because you watched Airplane");
}

TEST_F(ReasonsTest, WhatLowersAScoreDoesNotExplainIt) {
  open(1, 0, 0, -1);
  EXPECT_EQ(reasons(R"(["b1"])", "b2"), Ids{"new to you"});
  EXPECT_EQ(reasons(R"(["b1","a1"])", "b2"), Ids{"because you watched Airplane"});
}

TEST_F(ReasonsTest, NameOnlyPositivesAndNotTheTitleItself) {
  open(3, 3, 0, 1);
  EXPECT_EQ(reasons(R"([{"title_id":"a1","event":"list"}])", "b2"), Ids{"new to you"});
  EXPECT_EQ(reasons(R"([{"title_id":"a1","event":"hide"},"b1"])", "b2"),
            Ids{"because you watched Ran"});
  // What is on the list counts among the others: it adds 1.5 of its 3.0, "b1" 0.9.
  EXPECT_EQ(reasons(R"([{"title_id":"a1","event":"list"},"b1"])", "b2"), Ids{"new to you"});
  EXPECT_EQ(reasons(R"(["b1"])", "b1"), Ids{"already in your history"});
  EXPECT_EQ(reasons(R"(["b1","a1"])", "b1"), Ids{"because you watched Airplane"});
}

TEST_F(ReasonsTest, RepeatedTitlesAreOne) {
  open(1, 0.2F, 0, 1);  // "a1" adds 0.28 to "b2" each time, "b1" 0.9
  EXPECT_EQ(reasons(R"(["a1","b1"])", "b2"), Ids{"because you watched Ran"});
  EXPECT_EQ(reasons(R"(["a1","a1","a1","a1","a1","a1","a1","b1"])", "b2"),
            Ids{"because you watched Airplane"});
}

TEST_F(ReasonsTest, DoNotDependOnTheOthersInABatch) {
  open(3, 3, 0, 1);
  std::vector<Request> requests;
  for (const char* text : {R"({"history":["a1","b1","c","a1","b1"],"include_seen":true})",
                           R"({"history":[]})", R"({"user_id":"nobody"})",
                           R"({"history":["b1"],"k":2})", R"({"history":["a1","c"],"k":1})"}) {
    requests.push_back(parse_request(text));
  }
  const Runner runner(*bundle_);
  const auto together = runner.try_recommend(requests);
  for (size_t i = 0; i < requests.size(); ++i) {
    const auto alone = runner.try_recommend({&requests[i], 1});
    ASSERT_EQ(together[i].index(), alone[0].index()) << i;
    const auto* expected = std::get_if<Answer>(alone.data());
    if (expected == nullptr) continue;
    const auto& items = std::get<Answer>(together[i]).items;
    ASSERT_EQ(items.size(), expected->items.size());
    for (size_t place = 0; place < items.size(); ++place) {
      EXPECT_EQ(items[place].reasons, expected->items[place].reasons) << i << " " << place;
    }
  }
}

TEST_F(ReasonsTest, WithoutAHistoryAreAsBefore) {
  open(3, 3, 0, 1);
  EXPECT_EQ(reasons("[]", "a1"), Ids{"popular with members"});
  EXPECT_EQ(reasons(R"(["unknown"])", "b2"), Ids{"new to you"});
}

}  // namespace
}  // namespace marquee::inference
