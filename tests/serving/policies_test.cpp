#include <gtest/gtest.h>

#include <array>
#include <cmath>

#include "core/error.h"
#include "core/file.h"
#include "core/text.h"
#include "serving/pages/recent_pages.h"
#include "serving/policies/policy_state.h"
#include "tests/core/temp_folder.h"

namespace marquee::serving {
namespace {

constexpr int64_t kHour = 3'600'000;

std::vector<TitleKey> keys(const std::vector<std::string>& ids) {
  std::vector<TitleKey> result;
  for (const auto& id : ids) result.push_back(title_key(id));
  return result;
}

ShownPage page(const std::string& id, int64_t ms, const std::vector<std::string>& top,
               const std::vector<std::string>& popular) {
  ShownPage shown{id, "ann", ms, {1, 0, 1, 0, 0}, {}};
  shown.rows.push_back({RowKind::kTop, keys(top)});
  shown.rows.push_back({RowKind::kPopular, keys(popular)});
  return shown;
}

UserEvent play(const std::string& title, const std::string& request = "",
               const std::string& user = "ann") {
  return {"e-" + title, user, {.title_id = title, .timestamp = 1}, request};
}

TEST(RecentPages, CreditTheRowThatAnEventCameFrom) {
  RecentPages pages({.most = 10, .window_ms = 2 * kHour, .of_a_user = 9});
  pages.shown(page("r1", 0, {"a", "b"}, {"c"}));
  pages.shown(page("r2", kHour, {"c"}, {"d"}));
  EXPECT_TRUE(pages.happened(play("c", "r1"), 1));  // by the request
  EXPECT_TRUE(pages.happened(play("c"), 3));        // else by the newest page that showed it
  EXPECT_FALSE(pages.happened(play("x"), 1));       // no page did
  EXPECT_FALSE(pages.happened(play("c", "r1", "bob"), 1));  // somebody else's page
  EXPECT_FALSE(pages.happened(play("c", "r9"), 1));
  EXPECT_TRUE(pages.take_finished(kHour).empty());
  const auto finished = pages.take_finished(3 * kHour);
  ASSERT_EQ(finished.size(), 2U);
  EXPECT_EQ(finished[0].request_id, "r1");
  EXPECT_EQ(finished[0].rows[0].reward, 0);
  EXPECT_EQ(finished[0].rows[1].reward, 1);
  EXPECT_EQ(finished[1].rows[0].reward, 3);
  EXPECT_TRUE(pages.take_finished(9 * kHour).empty());  // each once
  EXPECT_FALSE(pages.happened(play("c", "r1"), 1));     // its time is over
}

TEST(RecentPages, KnowPagesOfVisitorsByTheirRequest) {
  RecentPages pages({.most = 10, .window_ms = kHour, .of_a_user = 9});
  auto visitors = page("r1", 0, {"a"}, {"b"});
  visitors.user_id = "";
  pages.shown(visitors);
  EXPECT_TRUE(pages.happened(play("a", "r1"), 1));
  EXPECT_FALSE(pages.happened(play("a"), 1));
}

TEST(RecentPages, FinishEarlyWhatNoLongerFits) {
  RecentPages pages({.most = 2, .window_ms = kHour, .of_a_user = 9});
  for (int i = 0; i < 4; ++i) pages.shown(page(cat("r", i), i, {"a"}, {"b"}));
  EXPECT_FALSE(pages.happened(play("a", "r0"), 1));
  const auto finished = pages.take_finished(4);
  ASSERT_EQ(finished.size(), 2U);
  EXPECT_EQ(finished[0].request_id, "r0");
  EXPECT_EQ(finished[1].request_id, "r1");
  EXPECT_EQ(pages.take_finished(2 * kHour).size(), 2U);
}

TEST(RecentPages, AreNotKeptForAPolicyThatIsNotThere) {
  RecentPages pages({.most = 9, .window_ms = 0, .of_a_user = 9});
  for (int i = 0; i < 4; ++i) pages.shown(page(cat("r", i), i, {"a"}, {"b"}));
  EXPECT_FALSE(pages.happened(play("a", "r3"), 1));
  EXPECT_TRUE(pages.take_finished(9 * kHour).empty());
}

TEST(RecentPages, KnowWhatWasShownAgainAndAgain) {
  RecentPages pages({.most = 100, .window_ms = kHour, .of_a_user = 9});
  configs::PageConfig rules;
  rules.repeat_pages = 3;
  rules.repeat_most = 2;
  rules.repeat_rows = 1;
  rules.repeat_titles = 2;
  pages.shown(page("r0", 0, {"old"}, {}));
  pages.shown(page("r1", 1, {"old", "a", "far"}, {"b"}));
  pages.shown(page("r2", 2, {"a", "x", "far"}, {"b"}));
  pages.shown(page("r3", 3, {"y", "a", "far"}, {"b"}));
  EXPECT_EQ(pages.repeated("ann", rules), keys({"a"}));
  EXPECT_TRUE(pages.repeated("bob", rules).empty());
  pages.forget("ann");
  EXPECT_TRUE(pages.repeated("ann", rules).empty());
  EXPECT_TRUE(pages.take_finished(9 * kHour).empty());
}

TEST(RecentPages, KeepsNoMoreOfAUserThanIsLookedAt) {
  RecentPages pages({.most = 100, .window_ms = kHour, .of_a_user = 2});
  configs::PageConfig rules;
  rules.repeat_pages = 9;
  rules.repeat_most = 1;
  for (int i = 0; i < 4; ++i) pages.shown(page(cat("r", i), i, {cat("t", i)}, {}));
  EXPECT_EQ(pages.repeated("ann", rules).size(), 4U);  // their window is not over
  EXPECT_EQ(pages.take_finished(2 * kHour).size(), 4U);
  EXPECT_EQ(pages.repeated("ann", rules).size(), 2U);
  pages.shown(page("r4", 2 * kHour, {"t4"}, {}));
  EXPECT_EQ(pages.repeated("ann", rules).size(), 2U);  // t3 and t4
}

TEST(RecentPages, CreditWhatBroughtTheUserBack) {
  RecentPages pages({.most = 10, .window_ms = 48 * kHour, .of_a_user = 9, .returned = 5});
  pages.shown(page("r1", 0, {"a"}, {"b"}));
  EXPECT_TRUE(pages.happened(play("a", "r1"), 1));
  pages.shown(page("r2", kHour, {"c"}, {"b"}));  // the same visit
  EXPECT_TRUE(pages.happened(play("b", "r2"), 1));
  pages.shown(page("r3", 24 * kHour, {"d"}, {"e"}));
  pages.shown(page("r4", 30 * kHour, {"d"}, {"e"}));  // r3 had no reward, the others had theirs
  auto finished = pages.take_finished(49 * kHour);
  ASSERT_EQ(finished.size(), 2U);
  EXPECT_EQ(finished[0].rows[0].reward, 6);
  EXPECT_EQ(finished[0].rows[1].reward, 0);
  EXPECT_EQ(finished[1].rows[1].reward, 6);
  EXPECT_TRUE(pages.happened(play("d", "r4"), 1));
  pages.shown(page("r5", 200 * kHour, {"d"}, {"e"}));  // too late
  finished = pages.take_finished(200 * kHour);
  ASSERT_EQ(finished.size(), 2U);
  EXPECT_EQ(finished[0].rows[0].reward, 0);
  EXPECT_EQ(finished[1].rows[0].reward, 1);
}

constexpr int64_t kDay = 24 * kHour;

TEST(RecentPages, SayOnWhichDaysTheUserCame) {
  RecentPages pages({.most = 10, .window_ms = 12 * kHour, .of_a_user = 0, .return_days = 2});
  pages.shown(page("r1", 20 * kHour, {"a"}, {"b"}));
  EXPECT_TRUE(pages.happened(play("a", "r1"), 1));
  pages.shown(page("r2", 25 * kHour, {"c"}, {"b"}));  // another day, 5 hours later
  pages.shown(page("r3", 26 * kHour, {"c"}, {"b"}));  // the same visit as r2
  auto taken = pages.take_finished(33 * kHour);
  ASSERT_EQ(taken.size(), 1U);
  EXPECT_EQ(taken[0].day, 0);
  EXPECT_FALSE(pages.happened(play("b", "r1"), 1));  // its window is over
  taken = pages.take_finished(2 * kDay);
  ASSERT_EQ(taken.size(), 3U);  // the windows of r2 and r3, and r1's first day
  EXPECT_EQ(taken[2].request_id, "r1");
  EXPECT_EQ(taken[2].day, 1);
  EXPECT_EQ(taken[2].came, (std::vector{true, false}));
  EXPECT_EQ(taken[2].rows[0].reward, 1);
  taken = pages.take_finished(9 * kDay);
  ASSERT_EQ(taken.size(), 5U);
  for (const auto& each : taken) {
    EXPECT_EQ(each.came,
              each.request_id == "r1" ? std::vector({true, false}) : std::vector({false, false}));
  }
  EXPECT_TRUE(pages.take_finished(99 * kDay).empty());
}

TEST(RecentPages, DoNotKnowWhetherSomebodyUnknownComes) {
  RecentPages pages({.most = 10, .window_ms = kHour, .of_a_user = 0, .return_days = 2});
  auto shown = page("r1", 0, {"a"}, {"b"});
  shown.user_id = "";
  pages.shown(shown);
  EXPECT_EQ(pages.take_finished(9 * kDay).size(), 1U);
  EXPECT_TRUE(pages.take_finished(99 * kDay).empty());
}

// Of two kinds of rows that earn the same at first, the one whose members come back is believed to
// earn more before all of their days are over.
TEST(ServedPolicy, LearnsFromDaysAsTheyCome) {
  const TempFolder folder;
  configs::PolicyConfig config;
  config.reward.returned = 1;
  config.reward.return_days = 3;
  const DayTraces traces(
      {{1, 0.2, 0.2, 0.2}, {0.2, 1, 0.8, 0.8}, {0.2, 0.8, 1, 0.8}, {0.2, 0.8, 0.8, 1}});
  ServedPolicy policy(config, traces);
  auto top = page("r", 0, {"a"}, {}), popular = top;
  top.rows.pop_back();
  popular.rows.erase(popular.rows.begin());
  top.rows[0].reward = popular.rows[0].reward = 1;
  top.came = {true, false, false};
  popular.came = {false, false, false};
  const auto learn = [&](int day) {
    top.day = popular.day = day;
    for (int i = 0; i < 50; ++i) policy.learn({top, popular});
  };
  const auto gap = [&] {
    return *policy.believed(RowKind::kTop, top.features, 0) -
           *policy.believed(RowKind::kPopular, top.features, 0);
  };
  learn(0);
  EXPECT_EQ(gap(), 0);
  learn(1);
  EXPECT_GT(gap(), 2);  // 1, and 0.8 / 1 of it on each day to come
  EXPECT_LT(gap(), 3);
  policy.save(folder / "policy", false, {});
  const ServedPolicy again(folder / "policy");
  EXPECT_EQ(again.believed(RowKind::kTop, top.features, 0),
            policy.believed(RowKind::kTop, top.features, 0));
  learn(2), learn(3);  // nobody came
  EXPECT_NEAR(gap(), 1, 0.1);
}

TEST(ServedPolicy, IsTheSameAfterItWasWritten) {
  const TempFolder folder;
  ServedPolicy policy(configs::PolicyConfig{});
  auto shown = page("r", 0, {"a"}, {"b"});
  shown.rows[1].reward = 1;
  for (int i = 0; i < 20; ++i) policy.learn({shown});
  EXPECT_EQ(policy.rewards(), 40);
  EXPECT_GT(policy.believed(RowKind::kPopular, shown.features, 1),
            policy.believed(RowKind::kTop, shown.features, 0));
  policy.save(folder / "policy", false, {});
  const ServedPolicy again(folder / "policy");
  EXPECT_EQ(again.rewards(), 40);
  EXPECT_EQ(again.believed(RowKind::kPopular, shown.features, 1),
            policy.believed(RowKind::kPopular, shown.features, 1));
  EXPECT_TRUE(again.id().starts_with("thompson@")) << again.id();
}

TEST(ServedPolicy, FillsRowsWithWhatItSaysItDraws) {
  configs::PolicyConfig config;
  config.titles.fill = "sampled";
  config.titles.kept = 0.5;
  config.titles.candidates = 6;
  const ServedPolicy policy(config);
  std::vector<inference::ScoredTitle> candidates;
  for (uint32_t i = 1; i <= 8; ++i) candidates.push_back({i, 3 - 0.3F * static_cast<float>(i)});
  RandomStream random(1, "test");
  std::array<double, 8> third{};
  constexpr int kDraws = 20'000;
  for (int i = 0; i < kDraws; ++i) {
    const auto chosen = policy.fill(RowKind::kTop, candidates, 4, random);
    ASSERT_EQ(chosen.size(), 4U);
    EXPECT_EQ(chosen[0].index, 0U);
    EXPECT_EQ(chosen[1].index, 1U);
    EXPECT_EQ(chosen[1].propensity, 1);
    EXPECT_NE(chosen[2].index, chosen[3].index);
    EXPECT_LT(chosen[2].index, 6U);  // of the candidates that are considered
    third[chosen[2].index] += 1.0 / kDraws;
    double weights = 0;
    for (size_t c = 2; c < 6; ++c) weights += std::exp(double{candidates[c].score});
    EXPECT_NEAR(chosen[2].propensity, std::exp(double{candidates[chosen[2].index].score}) / weights,
                1e-9);
  }
  EXPECT_NEAR(third[2] / third[5], std::exp(0.9), 0.15);
  // Rows that the model does not rank are filled as they are.
  EXPECT_EQ(policy.fill(RowKind::kPopular, candidates, 4, random)[3].index, 3U);
}

TEST(ServedPolicy, RefusesWhatDoesNotFit) {
  const TempFolder folder;
  EXPECT_THROW(configs::read_policy_config("", {"rows.window=5", "rows.discount=0.9"}), Error);
  ServedPolicy(configs::PolicyConfig{}).save(folder / "policy", false, {});
  write_file(folder / "policy/state.json", "[]");
  EXPECT_THROW(ServedPolicy{folder / "policy"}, Error);  // not what the manifest says
}

TEST(PolicyState, GoesOnWhereItWas) {
  const TempFolder folder;
  ServedPolicy(configs::PolicyConfig{}).save(folder / "policy", false, {});
  const auto state = folder / "state";
  std::filesystem::create_directories(state);
  auto policy = open_policy(folder / "policy", state, nullptr);
  auto shown = page("r", 0, {"a"}, {"b"});
  policy->learn({shown});
  keep_policy(*policy, state);
  EXPECT_EQ(open_policy(folder / "policy", state, nullptr)->rewards(), 2);
  keep_policy(*open_policy(folder / "policy", state, nullptr), state);  // again over it
  EXPECT_EQ(open_policy(folder / "policy", state, nullptr)->rewards(), 2);
  configs::PolicyConfig other;
  other.rows.algorithm = "ucb";
  ServedPolicy(other).save(folder / "other", false, {});
  EXPECT_EQ(open_policy(folder / "other", state, nullptr)->rewards(), 0);  // another policy's
}

}  // namespace
}  // namespace marquee::serving
