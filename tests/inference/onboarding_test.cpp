#include "inference/onboarding.h"

#include <gtest/gtest.h>

#include <memory>

#include "core/json.h"
#include "tests/inference/tiny_bundle.h"

namespace marquee::inference {
namespace {

class OnboardingTest : public ::testing::Test {
 protected:
  OnboardingTest() {
    tests::write_bundle(tests::six_titles(), temp_ / "bundle");
    bundle_ = std::make_unique<Bundle>(temp_ / "bundle");
    runner_ = std::make_unique<Runner>(*bundle_);
    for (const uint32_t title : runner_->most_watched()) {
      popular_.push_back(bundle_->titles()[title].id);
    }
  }

  Json ask(const std::string& json) const {
    const OnboardingRequest request = parse_onboarding_request(json);
    const auto result = next_questions(*runner_, std::span(&request, 1)).front();
    if (const auto* error = std::get_if<Error>(&result)) throw *error;
    return Json::parse(to_json(std::get<OnboardingAnswer>(result)));
  }
  std::vector<std::string> asked(const std::string& json) const {
    std::vector<std::string> ids;
    const Json answer = ask(json);
    for (const auto& each : answer.at("questions")) ids.push_back(each.at("title_id"));
    return ids;
  }
  static std::string error(const std::string& json) {
    try {
      parse_onboarding_request(json);
    } catch (const Error& e) {
      return e.what();
    }
    return "";
  }

  TempFolder temp_;
  std::unique_ptr<Bundle> bundle_;
  std::unique_ptr<Runner> runner_;
  std::vector<std::string> popular_;
};

TEST_F(OnboardingTest, BeginsWithWhatIsPopular) {
  EXPECT_EQ(asked(R"({"k":6})"), popular_);
  EXPECT_EQ(asked("{}"), std::vector{popular_[0]});
  const Json answer = ask(R"({"id":"x"})");
  EXPECT_EQ(answer.at("id"), "x");
  EXPECT_FALSE(answer.at("questions")[0].at("genres").empty());
}

// After a like, what is like it comes before what is as popular: both ranks count the same.
TEST_F(OnboardingTest, FusesPopularityAndWhatTheModelSays) {
  const auto after = asked(R"({"answers":[{"title_id":"b1","answer":"like"}],"k":6})");
  ASSERT_EQ(after.size(), 5U);
  const Request request = parse_request(R"({"history":[{"title_id":"b1","event":"like"}],"k":6})");
  std::vector<std::pair<double, std::string>> fused;  // by hand
  const auto liked = runner_->recommend({&request, 1}).front().items;
  double place = 0;
  for (const auto& id : popular_) {
    if (id == "b1") continue;
    double score = 1 / (30 + place);
    for (size_t i = 0; i < liked.size(); ++i) {
      if (liked[i].title_id == id) score += 1 / (30 + static_cast<double>(i));
    }
    fused.emplace_back(-score, id);
    place += 1;
  }
  std::ranges::stable_sort(fused, {}, &std::pair<double, std::string>::first);
  for (size_t i = 0; i < after.size(); ++i) EXPECT_EQ(after[i], fused[i].second) << i;
  EXPECT_EQ(after[1], "b2");  // from the fourth place
}

TEST_F(OnboardingTest, AsksNothingTwiceAndEndsWhenAllIsAsked) {
  const auto left = asked(
      R"({"answers":[{"title_id":"a1","answer":"unknown"},{"title_id":"b1","answer":"dislike"},
          {"title_id":"c","answer":"like"}],"k":9})");
  EXPECT_EQ(left.size(), 3U);
  for (const auto& id : left) EXPECT_TRUE(id != "a1" && id != "b1" && id != "c") << id;
  EXPECT_TRUE(asked(R"({"answers":[{"title_id":"a1","answer":"unknown"},
      {"title_id":"a2","answer":"unknown"},{"title_id":"a3","answer":"unknown"},
      {"title_id":"b1","answer":"unknown"},{"title_id":"b2","answer":"unknown"},
      {"title_id":"c","answer":"unknown"}]})")
                  .empty());
  const Json answer = ask(R"({"answers":[{"title_id":"gone","answer":"unknown"},
      {"title_id":"went","answer":"like"}]})");
  EXPECT_EQ(answer.at("unknown_titles"), Json::parse(R"(["went","gone"])"));
  const auto comedies = asked(R"({"filters":{"genres":["Comedy"]},"k":9})");
  for (const auto& id : comedies) EXPECT_EQ(id[0], 'a');
}

TEST_F(OnboardingTest, RefusesWhatIsNotClear) {
  EXPECT_NE(error(R"({"answers":[{"title_id":"a1"}]})").find("needs an answer"), std::string::npos);
  EXPECT_NE(error(R"({"answers":[{"answer":"like"}]})").find("title_id"), std::string::npos);
  EXPECT_NE(error(R"({"answers":[{"title_id":"a1","answer":"love"}]})").find("\"love\""),
            std::string::npos);
  EXPECT_NE(error(R"({"answers":[{"title_id":"a1","answer":"like"},
      {"title_id":"a1","answer":"unknown"}]})")
                .find("answered twice"),
            std::string::npos);
  EXPECT_NE(error(R"({"k":0})").find("k"), std::string::npos);
  EXPECT_NE(error(R"({"user_id":"ann"})").find("user_id"), std::string::npos);
}

}  // namespace
}  // namespace marquee::inference
