// What files mean and which of their interactions stay.
#include "data/mapping.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <random>

#include "data/thinning.h"
#include "tests/data/fixtures.h"

namespace marquee::data {
namespace {

constexpr const char* kHeader = "user_id,title_id,timestamp,event,value\n";
using Lines = std::vector<std::string>;

Dataset mapped(const TempFolder& folder, const Mapping& mapping, const std::string& interactions,
               std::string_view titles = "", std::string_view users = "") {
  IngestOptions options = options_for(folder, interactions, titles, users);
  options.mapping = mapping;
  options.mapping_yaml = "events: {}\n";
  ingest(options);
  return Dataset(folder / "out");
}

Mapping with(const Thinning& thinning) {
  Mapping mapping;
  mapping.thinning = thinning;
  return mapping;
}

int64_t left_out(const Dataset& dataset, const char* key) {
  return dataset.manifest().facts.at("left_out").value(key, int64_t{0});
}

TEST(Mapping, ReadsColumnsByTheirNamesInTheFile) {
  const TempFolder folder;
  Mapping mapping;
  mapping.interactions = {{"user_id", "account"}, {"title_id", "content"}, {"timestamp", "at"}};
  mapping.titles = {{"name", "label"}};
  mapping.users = {{"user_id", "account"}};
  const Dataset dataset = mapped(folder, mapping, "at,content,account\n5,x,a\n",
                                 "title_id,label\nx,Alpha\n", "account,plan\na,basic\n");
  EXPECT_EQ(histories(dataset), (Lines{"a: x@5"}));
  EXPECT_EQ(dataset.catalogue().name(1), "Alpha");
  EXPECT_EQ(dataset.attribute(0, 0), "basic");
}

TEST(Mapping, RefusesColumnsThatAreNotThere) {
  const TempFolder folder;
  Mapping mapping;
  mapping.interactions = {{"event", "action"}};
  EXPECT_EQ(error_of(folder, [&] { mapped(folder, mapping, std::string(kHeader) + "a,x,5,,\n"); }),
            "plays.csv:1: there is no column \"action\"; the header is "
            "\"user_id,title_id,timestamp,event,value\"\n1 problem; nothing was written");
}

TEST(Mapping, GivesEventsTheirMeaning) {
  const TempFolder folder;
  Mapping mapping;
  mapping.events.add("watch.75", {Event::kPlay, 0.75F});
  mapping.events.add("watched", {Event::kPlay});
  mapping.events.add("impression", {std::nullopt});
  mapping.events.add("play", {Event::kComplete});  // Marquee's own names can mean something else
  mapping.scale[static_cast<size_t>(Event::kPlay)] = 0.01F;
  const Dataset dataset =
      mapped(folder, mapping,
             std::string(kHeader) +
                 "a,v,1,watch.75,\na,w,2,watched,40\na,x,3,impression,no number\n"
                 "a,y,4,play,\na,z,5,like,\n");
  const History history = dataset.history(0);
  EXPECT_EQ(histories(dataset), (Lines{"a: v@1 w@2 y@4 z@5"}));
  EXPECT_TRUE(std::ranges::equal(
      history.events, std::vector{Event::kPlay, Event::kPlay, Event::kComplete, Event::kLike}));
  EXPECT_FLOAT_EQ(history.values[0], 0.75F);
  EXPECT_FLOAT_EQ(history.values[1], 0.4F);
  EXPECT_EQ(left_out(dataset, "events"), 1);
  EXPECT_EQ(dataset.manifest().facts.at("events").dump(),
            R"({"watch.75":1,"watched":1,"impression":1,"play":1})");
}

TEST(Mapping, ReadsTicksOfAClock) {
  const TempFolder folder;
  Mapping mapping;
  mapping.ticks_a_second = 1'000;
  const Dataset dataset = mapped(folder, mapping,
                                 std::string(kHeader) +
                                     "a,x,1600000000900,,\na,w,1600000000100,,\na,v,-1500,,\n"
                                     "a,y,2020-09-13T12:26:41,,\n");
  EXPECT_EQ(histories(dataset), (Lines{"a: v@-2 w@1600000000 x@1600000000 y@1600000001"}));
}

TEST(Mapping, LeavesOutWhatIsEarlyLateOrLow) {
  const TempFolder folder;
  Mapping mapping;
  mapping.from = 10;
  mapping.until = 20;
  mapping.least[static_cast<size_t>(Event::kRating)] = 4;
  const Dataset dataset = mapped(folder, mapping,
                                 std::string(kHeader) +
                                     "a,early,9,,\na,x,10,,\na,y,11,rating,4\na,low,12,rating,3.5\n"
                                     "a,z,19,play,0.1\na,late,20,,\nnobody,low,15,rating,1\n");
  EXPECT_EQ(histories(dataset), (Lines{"a: x@10 y@11 z@19"}));
  EXPECT_EQ(dataset.catalogue().size(), 3);  // titles that nothing is left of are not there
  EXPECT_EQ(left_out(dataset, "keep.from"), 1);
  EXPECT_EQ(left_out(dataset, "keep.until"), 1);
  EXPECT_EQ(left_out(dataset, "least"), 2);
  EXPECT_EQ(dataset.manifest().facts.at("min_rating"), 0);
  EXPECT_EQ(dataset.manifest().facts.at("max_rating"), 4);
}

TEST(Mapping, GivesEventsWeights) {
  const TempFolder folder;
  Mapping mapping;
  mapping.weights.steps[static_cast<size_t>(Event::kRating)] = {{0, -1}, {3, 1}};
  const Dataset dataset =
      mapped(folder, mapping, std::string(kHeader) + "a,x,1,rating,2\na,y,2,rating,3\n");
  EXPECT_EQ(dataset.signals(dataset.history(0)), (std::vector{-1.0F, 1.0F}));
  EXPECT_FALSE(dataset.is_liked_in_train(dataset.history(0), 0));
  EXPECT_EQ(dataset.train_counts()[1], 0);
  EXPECT_EQ(dataset.train_counts()[2], 1);
}

TEST(Mapping, SaysWhatLeftNothing) {
  const TempFolder folder;
  Mapping mapping;
  mapping.from = 10;
  EXPECT_EQ(error_of(folder, [&] { mapped(folder, mapping, std::string(kHeader) + "a,x,5,,\n"); }),
            "plays.csv: no interactions in it are left by the mapping: {\"keep.from\":1}\n"
            "1 problem; nothing was written");
  mapping = with({.least_of_user = 2});
  EXPECT_EQ(error_of(folder, [&] { mapped(folder, mapping, std::string(kHeader) + "a,x,5,,\n"); }),
            "the mapping leaves no interactions: it left out {\"keep.least\":1,\"rare_members\":1,"
            "\"rare_titles\":1}");
}

TEST(Thinning, LeavesOutWhoIsTooBusy) {
  const TempFolder folder;
  const Dataset dataset =
      mapped(folder, with({.most_a_day = 2}),
             std::string(kHeader) +
                 "busy,x,86400,,\nbusy,y,86401,,\nbusy,only,172799,,\nbusy,x,999999,,\n"
                 "calm,x,86398,,\ncalm,y,86399,,\ncalm,z,86400,,\ncalm,x,-1,,\n"
                 "calm,y,-2,,\n");
  EXPECT_EQ(histories(dataset), (Lines{"calm: y@-2 x@-1 x@86398 y@86399 z@86400"}));
  EXPECT_EQ(dataset.catalogue().find("only"), 0);
  EXPECT_EQ(left_out(dataset, "keep.most_a_day"), 4);
  EXPECT_EQ(left_out(dataset, "busy_members"), 1);
}

TEST(Thinning, MakesOneEventOfAVisit) {
  const TempFolder folder;
  const Dataset dataset = mapped(folder, with({.session_seconds = 100}),
                                 std::string(kHeader) +
                                     "a,x,0,play,0.2\na,x,50,play,0.9\na,y,60,,\na,x,149,play,0.4\n"
                                     "a,x,150,like,\na,x,250,play,0.1\na,x,349,play,\n");
  EXPECT_EQ(histories(dataset), (Lines{"a: y@60 x@149 x@150 x@349"}));
  const History history = dataset.history(0);
  EXPECT_FLOAT_EQ(history.values[1], 0.9F);
  EXPECT_FLOAT_EQ(history.values[3], 0.1F);
  EXPECT_EQ(left_out(dataset, "keep.session_minutes"), 3);
}

TEST(Thinning, LeavesOutRepetitions) {
  const std::string text = std::string(kHeader) +
                           "a,x,5,play,0.5\na,x,5,play,0.25\na,x,5,play,0.5\na,y,5,,\na,y,5,,\n"
                           "a,x,6,play,0.5\na,x,6,like,\na,x,7,like,\n";
  const auto kept = [&](Repeats repeats) {
    const TempFolder folder;
    return histories(mapped(folder, with({.repeats = repeats}), text)).front();
  };
  EXPECT_EQ(kept(Repeats::kAll), "a: x@5 x@5 x@5 y@5 y@5 x@6 x@6 x@7");
  EXPECT_EQ(kept(Repeats::kDifferent), "a: x@5 x@5 y@5 x@6 x@6 x@7");
  EXPECT_EQ(kept(Repeats::kFirst), "a: x@5 y@5 x@6");
  EXPECT_EQ(kept(Repeats::kLast), "a: y@5 x@6 x@7");
}

TEST(Thinning, LeavesOutRareTitlesOfTheFileAsWell) {
  const TempFolder folder;
  const Dataset dataset = mapped(
      folder, with({.least_of_title = 2}),
      std::string(kHeader) + "a,x,1,,\na,new,2,,\nb,x,3,,\nb,new,4,,\nb,rare,5,,\nc,rarer,6,,\n",
      "title_id,name\nnone,None\nx,X\nrare,Rare\n", "user_id,plan\nc,free\nb,paid\n");
  EXPECT_EQ(histories(dataset), (Lines{"a: x@1 new@2", "b: x@3 new@4"}));
  EXPECT_EQ(dataset.catalogue().size(), 2);
  EXPECT_EQ(dataset.catalogue().name(1), "X");
  EXPECT_EQ(dataset.catalogue().id(2), "new");
  EXPECT_EQ(dataset.attribute(0, 1), "paid");
  EXPECT_EQ(left_out(dataset, "rare_members"), 1);
  EXPECT_EQ(left_out(dataset, "rare_titles"), 2);
}

// The core of a random graph against its definition: the largest part in which all have enough.
TEST(Thinning, IsTheCore) {
  std::mt19937 random(3);
  std::vector<std::pair<int, int>> rows;
  for (int i = 0; i < 600; ++i) {
    rows.emplace_back(random() % 120, static_cast<int>(std::pow(random() % 1000 / 1000.0, 2) * 90));
  }
  std::string text = kHeader;
  for (size_t i = 0; i < rows.size(); ++i) {
    text += "u" + std::to_string(rows[i].first) + ",t" + std::to_string(rows[i].second) + "," +
            std::to_string(i) + ",,\n";
  }
  const TempFolder folder;
  const Dataset dataset = mapped(folder, with({.least_of_user = 3, .least_of_title = 4}), text);
  for (size_t before = 0; before != rows.size();) {
    before = rows.size();
    std::map<int, int> users, titles;
    for (const auto& [user, title] : rows) {
      ++users[user];
      ++titles[title];
    }
    std::erase_if(rows,
                  [&](const auto& row) { return users[row.first] < 3 || titles[row.second] < 4; });
  }
  ASSERT_GT(rows.size(), 50U);
  ASSERT_LT(rows.size(), 550U);
  EXPECT_EQ(dataset.interactions(), std::ssize(rows));
  for (const auto& [user, title] : rows) {
    EXPECT_TRUE(dataset.find_user("u" + std::to_string(user)));
    EXPECT_GT(dataset.catalogue().find("t" + std::to_string(title)), 0);
  }
}

TEST(Thinning, KeepsHowThingsWereShown) {
  const TempFolder folder;
  const Dataset dataset = mapped(folder, with({.least_of_user = 2}),
                                 "user_id,title_id,timestamp,propensity,position\n"
                                 "z,w,0,0.9,9\na,x,1,0.5,3\nz2,w,0,,\na,y,2,0.25,\n");
  const History history = dataset.history(0);
  EXPECT_TRUE(std::ranges::equal(history.propensities, std::vector{0.5F, 0.25F}));
  EXPECT_TRUE(std::ranges::equal(history.positions, std::vector{3U, kNoPosition}));
}

}  // namespace
}  // namespace marquee::data
