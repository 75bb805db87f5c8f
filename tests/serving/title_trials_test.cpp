#include "serving/pages/title_trials.h"

#include <gtest/gtest.h>

#include "core/error.h"
#include "core/file.h"
#include "tests/core/temp_folder.h"

namespace marquee::serving {
namespace {

TEST(ChooseTrials, PropensitiesAreHowOftenEachIsChosen) {
  const std::vector<Trial> trials{{0, 0}, {40, 20}, {40, 2}, {5, 1}};
  const Trial all{85, 23};
  constexpr int kRuns = 20'000;
  std::vector<double> counted(trials.size()), said(trials.size());
  for (uint64_t run = 0; run < kRuns; ++run) {
    RandomStream random(run, "test");
    const auto chosen = choose_trials(trials, all, 1, random);
    ASSERT_EQ(chosen.size(), 1U);
    counted[chosen[0].index] += 1.0 / kRuns;
    said[chosen[0].index] = chosen[0].propensity;
  }
  for (size_t i = 0; i < trials.size(); ++i) {
    if (counted[i] == 0) continue;
    EXPECT_NEAR(counted[i], said[i], 0.015) << i;
  }
  EXPECT_GT(counted[1], 0.7);   // half of its showings were watched
  EXPECT_LT(counted[2], 0.01);  // hardly any
  EXPECT_GT(counted[0], 0.05);  // nothing is known of it
}

TEST(ChooseTrials, TakesEachOnceAndNoMoreThanThereAre) {
  RandomStream random(1, "test");
  const auto chosen = choose_trials(std::vector<Trial>(3), {}, 9, random);
  ASSERT_EQ(chosen.size(), 3U);
  EXPECT_NEAR(chosen[0].propensity, 1.0 / 3, 1e-6);
  EXPECT_NEAR(chosen[1].propensity, 1.0 / 2, 1e-6);
  EXPECT_NEAR(chosen[2].propensity, 1, 1e-9);
  EXPECT_EQ(chosen[0].index + chosen[1].index + chosen[2].index, 3U);
  EXPECT_TRUE(choose_trials({}, {}, 2, random).empty());
}

ShownPage page_with(std::vector<TriedTitle> tried) {
  ShownPage page{"r", "ann", 0, {}, {}};
  page.rows.push_back({RowKind::kTop, {}, 0, std::move(tried)});
  return page;
}

TEST(TitleTrials, GoOnWithWhatTheyKept) {
  const TempFolder folder;
  const auto file = folder.path() / "tried.json";
  TitleTrials trials(file);
  trials.keep();
  EXPECT_FALSE(std::filesystem::exists(file));  // nothing is known
  trials.learn({page_with({{7, true}, {8, false}}), page_with({{7, false}})});
  trials.keep();
  const TitleTrials again(file);
  const auto of = again.of(std::vector<TitleKey>{7, 9});
  EXPECT_EQ(of[0].shown, 2);
  EXPECT_EQ(of[0].watched, 1);
  EXPECT_EQ(of[1].shown, 0);
  EXPECT_EQ(again.all().shown, 3);
  EXPECT_EQ(again.all().watched, 1);
  write_file(file, "[[1, 2]]");
  EXPECT_THROW(TitleTrials{file}, Error);
}

// Nobody had the time to watch what was pushed out early.
TEST(TitleTrials, CountNothingAsLearnedDislikesThatWasCutShort) {
  const TempFolder folder;
  TitleTrials trials(folder.path() / "tried.json");
  ShownPage page = page_with({{7, true}, {8, false}});
  page.cut_short = true;
  trials.learn({page});
  EXPECT_EQ(trials.all().shown, 1);
  EXPECT_EQ(trials.all().watched, 1);
}

TEST(RecentPages, SayWhichTriedTitlesWereWatched) {
  RecentPages pages({.most = 9, .window_ms = 1000, .of_a_user = 9});
  ShownPage page = page_with({{title_key("a")}, {title_key("b")}});
  page.rows[0].titles = {title_key("a"), title_key("b")};
  pages.shown(page);
  const auto event = [](const char* title, data::Event of) {
    return UserEvent{title, "ann", {.title_id = title, .timestamp = 1, .event = of}, "r"};
  };
  pages.happened(event("a", data::Event::kComplete), 0);
  pages.happened(event("b", data::Event::kHide), 0);
  const auto finished = pages.take_finished(2000);
  ASSERT_EQ(finished.size(), 1U);
  EXPECT_TRUE(finished[0].rows[0].tried[0].watched);
  EXPECT_FALSE(finished[0].rows[0].tried[1].watched);
}

TEST(RecentPages, NobodyLearnsFromLists) {
  RecentPages pages({.most = 9, .window_ms = 1000, .of_a_user = 9});
  ShownPage page{"r1", "ann", 0, {}, {}};
  page.rows.push_back({RowKind::kTop, {title_key("a")}});
  pages.shown(page);
  ShownPage list = page;
  list.request_id = "r2", list.shown_ms = 10, list.is_list = true;
  pages.shown(list);
  const UserEvent play{"e", "ann", {.title_id = "a", .timestamp = 1}, ""};
  EXPECT_TRUE(pages.happened(play, 2));  // counts for the page, though the list is newer
  const auto finished = pages.take_finished(5000);
  ASSERT_EQ(finished.size(), 1U);
  EXPECT_EQ(finished[0].request_id, "r1");
  EXPECT_EQ(finished[0].rows[0].reward, 2);
}

}  // namespace
}  // namespace marquee::serving
