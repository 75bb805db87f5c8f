#include "data/cases.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "core/random.h"
#include "core/text.h"
#include "tests/data/fixtures.h"

namespace marquee::data {
namespace {

constexpr const char* kEvents[] = {"play", "rating", "dislike", "hide", "like", "list"};

// A few users with repeated titles, equal times and every kind of event.
std::string random_interactions(uint64_t seed) {
  static constexpr const char* kParts[] = {"train", "train", "valid", "test"};
  RandomStream random(seed, "interactions");
  std::string csv = "user_id,title_id,timestamp,event,value,split\n";
  for (int user = 0; user < 40; ++user) {
    for (uint64_t i = 1 + random.below(15); i > 0; --i) {
      const std::string event = kEvents[random.below(6)];
      const std::string value = event == "rating" ? cat(1 + random.below(5)) : "";
      csv += cat("u", user, ",t", random.below(12), ",", 1'000 + random.below(300), ",", event, ",",
                 value, ",", kParts[random.below(4)], "\n");
    }
  }
  return csv;
}

// The definition of data/cases.h, applied event by event.
Case expected_case(const Dataset& dataset, int64_t user, Stage stage) {
  const History events = dataset.history(user);
  const Part sought = stage == Stage::kTest ? Part::kTest : Part::kValid;
  Case expected;
  expected.user = user;
  int64_t as_of = -1;
  std::set<uint32_t> known;
  for (int64_t i = 0; i < events.size(); ++i) {
    const Part part = events.parts[i];
    if (part == sought && as_of < 0) as_of = events.times[i];
    if (part == sought || part == Part::kTest) continue;  // at valid, test is not history either
    known.insert(events.titles[i]);
    expected.history.push_back(events.titles[i]);
    expected.signals.push_back(dataset.weights().signal(events.events[i], events.values[i]));
  }
  for (int64_t i = 0; i < events.size(); ++i) {
    if (events.parts[i] == sought) {
      const bool wanted = events.events[i] != Event::kDislike && events.events[i] != Event::kHide;
      if (wanted && known.insert(events.titles[i]).second) {
        expected.targets.push_back(events.titles[i]);
      }
    } else if (events.parts[i] != Part::kTest) {
      const int64_t age = as_of - events.times[i];
      expected.ages.push_back(age > 0 ? static_cast<float>(age) : 0);
    }
  }
  return expected;
}

// Makes a dataset of random interactions in the folder; returns where.
std::filesystem::path ingested(const TempFolder& folder, Split split, uint64_t seed) {
  IngestOptions options;
  options.interactions = {folder.write("events.csv", random_interactions(seed))};
  options.out = folder / "dataset";
  options.split.split = split;
  ingest(options);
  return options.out;
}

TEST(Cases, AreWhatTheEventsSayForEverySplit) {
  for (const Split split :
       {Split::kLeaveOneOut, Split::kTemporal, Split::kRandom, Split::kStrong, Split::kGiven}) {
    const TempFolder folder;
    const Dataset dataset(ingested(folder, split, 7));
    for (const Stage stage : {Stage::kValid, Stage::kTest}) {
      const CaseRange all = cases(dataset, stage);
      size_t next = 0;
      for (int64_t user = 0; user < dataset.users(); ++user) {
        const Case expected = expected_case(dataset, user, stage);
        if (expected.targets.empty()) continue;
        ASSERT_LT(next, all.cases.size()) << name(split);
        const Case& found = all.cases[next++];
        EXPECT_EQ(found.user, expected.user);
        EXPECT_EQ(found.history, expected.history) << name(split);
        EXPECT_EQ(found.signals, expected.signals);
        EXPECT_EQ(found.ages, expected.ages) << name(split);
        EXPECT_EQ(found.targets, expected.targets) << name(split);
        EXPECT_EQ(found.target_values.size(), expected.targets.size());
      }
      EXPECT_EQ(next, all.cases.size()) << name(split);
    }
  }
}

// What refits learn from.
TEST(Cases, OfTestAreTheSameWhereValidationIsLearnedFrom) {
  for (const Split split :
       {Split::kLeaveOneOut, Split::kTemporal, Split::kRandom, Split::kStrong, Split::kGiven}) {
    const TempFolder folder;
    const auto out = ingested(folder, split, 5);
    const Dataset dataset(out), both(out, Learning::kTrainAndValid);
    EXPECT_TRUE(cases(both, Stage::kValid).cases.empty()) << name(split);
    const auto before = cases(dataset, Stage::kTest).cases, after = cases(both, Stage::kTest).cases;
    ASSERT_EQ(before.size(), after.size()) << name(split);
    for (size_t i = 0; i < before.size(); ++i) {
      EXPECT_EQ(before[i].history, after[i].history) << name(split);
      EXPECT_EQ(before[i].targets, after[i].targets) << name(split);
    }
    for (int64_t user = 0; user < dataset.users(); ++user) {
      const auto was = dataset.history(user).parts, is = both.history(user).parts;
      const bool in_valid = std::ranges::find(was, Part::kValid) != was.end();
      for (size_t i = 0; i < was.size(); ++i) {
        const bool held_out_for_valid =
            was[i] == Part::kValid || (was[i] == Part::kGiven && in_valid);
        EXPECT_EQ(is[i], held_out_for_valid ? Part::kTrain : was[i]) << name(split);
      }
    }
  }
}

TEST(Cases, OfRangesAreThoseOfAllUsers) {
  const TempFolder folder;
  IngestOptions options;
  options.interactions = {folder.write("events.csv", random_interactions(3))};
  options.out = folder / "dataset";
  ingest(options);
  const Dataset dataset(folder / "dataset");
  const CaseRange all = cases(dataset, Stage::kTest);
  CaseRange joined;
  for (int64_t begin = 0; begin < dataset.users(); begin += 7) {
    CaseRange part =
        cases(dataset, Stage::kTest, begin, std::min<int64_t>(dataset.users(), begin + 7));
    joined.rewatched += part.rewatched;
    joined.disliked += part.disliked;
    for (Case& each : part.cases) joined.cases.push_back(std::move(each));
  }
  ASSERT_EQ(joined.cases.size(), all.cases.size());
  EXPECT_EQ(joined.rewatched, all.rewatched);
  EXPECT_EQ(joined.disliked, all.disliked);
  for (size_t i = 0; i < all.cases.size(); ++i) {
    EXPECT_EQ(joined.cases[i].user, all.cases[i].user);
    EXPECT_EQ(joined.cases[i].targets, all.cases[i].targets);
  }
}

TEST(Cases, CountTestEventsThatAreNoTargets) {
  const TempFolder folder;
  IngestOptions options;
  options.interactions = {folder.write("events.csv",
                                       "user_id,title_id,timestamp,event,value,split\n"
                                       "a,x,1,play,,train\n"
                                       "a,x,2,play,,test\n"     // seen before
                                       "a,y,3,rating,4,test\n"  // to find
                                       "a,y,4,play,,test\n"     // the same title again
                                       "a,z,5,hide,,test\n"     // negative feedback
                                       "b,x,1,play,,train\n"
                                       "b,x,2,play,,test\n")};  // nothing left to find
  options.out = folder / "dataset";
  options.split.split = Split::kGiven;
  ingest(options);
  const Dataset dataset(folder / "dataset");
  const CaseRange range = cases(dataset, Stage::kTest);
  ASSERT_EQ(range.cases.size(), 1u);
  EXPECT_EQ(dataset.catalogue().id(range.cases[0].targets.at(0)), "y");
  EXPECT_EQ(range.cases[0].targets.size(), 1u);
  EXPECT_EQ(range.cases[0].target_values.at(0), 4);
  EXPECT_EQ(range.cases[0].ages.at(0), 1);  // before the first event to find
  EXPECT_EQ(range.rewatched, 2);
  EXPECT_EQ(range.disliked, 1);
}

TEST(Cases, WhatWasLearnedDislikesIsATargetOfItsOwnStage) {
  const TempFolder folder;
  IngestOptions options = options_for(
      folder,
      "user_id,title_id,timestamp,event,value,split\na,x,1,,,train\na,y,2,dislike,,test\n"
      "a,z,3,,,test\nb,x,1,,,train\nb,x,2,hide,,test\nc,x,1,dislike,,train\nc,z,2,hide,,test\n");
  options.split.split = Split::kGiven;
  ingest(options);
  const Dataset dataset(options.out);
  const auto y = static_cast<uint32_t>(dataset.catalogue().find("y"));
  const auto z = static_cast<uint32_t>(dataset.catalogue().find("z"));
  const CaseRange watched = cases(dataset, Stage::kTest);
  ASSERT_EQ(watched.cases.size(), 1U);
  EXPECT_EQ(watched.cases[0].targets, std::vector{z});
  EXPECT_EQ(watched.disliked, 3);
  const CaseRange disliked = cases(dataset, Stage::kTestDisliked);
  ASSERT_EQ(disliked.cases.size(), 2U);  // b knew the title, and rankings leave it out
  EXPECT_EQ(disliked.cases[0].targets, std::vector{y});
  EXPECT_EQ(disliked.cases[1].targets, std::vector{z});
  EXPECT_EQ(disliked.cases[1].signals, std::vector{-1.0F});
}

}  // namespace
}  // namespace marquee::data
