#include "training/train_data.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include <map>

#include "core/error.h"
#include "core/file.h"
#include "data/ingest.h"
#include "tests/models/tiny_dataset.h"

namespace marquee::training {
namespace {

TEST(TrainData, EveryEventIsATargetOnceAnEpoch) {
  const TempFolder folder;
  const data::Dataset dataset = tiny_dataset(folder);
  for (const int64_t max_history : {1, 3, 10, 100}) {
    const TrainData data(dataset, max_history, "cpu");
    std::map<int64_t, int> times;  // by event
    for (const auto& window : data.windows(1, 0)) {
      EXPECT_LE(window.size, max_history + 1);
      for (int64_t i = window.starts_history ? 0 : 1; i < window.size; ++i)
        ++times[window.begin + i];
    }
    EXPECT_EQ(std::ssize(times), data.events()) << max_history;
    for (const auto& [event, count] : times) EXPECT_EQ(count, 1) << event;
  }
}

TEST(TrainData, WindowsDependOnSeedAndEpochAlone) {
  const TempFolder folder;
  const data::Dataset dataset = tiny_dataset(folder);
  const TrainData data(dataset, 5, "cpu");
  const auto begins = [&](uint64_t seed, int64_t epoch) {
    std::vector<int64_t> values;
    for (const auto& window : data.windows(seed, epoch)) values.push_back(window.begin);
    return values;
  };
  EXPECT_EQ(begins(1, 2), begins(1, 2));
  EXPECT_NE(begins(1, 2), begins(1, 3));
  EXPECT_NE(begins(1, 2), begins(2, 2));
}

// In the tiny dataset t + 1 follows t, so every target is the successor of the event before it.
TEST(TrainData, TargetsFollowTheirHistories) {
  const TempFolder folder;
  const data::Dataset dataset = tiny_dataset(folder);
  const TrainData data(dataset, 6, "cpu");
  const auto windows = data.windows(1, 0);
  const models::Batch batch = data.batch(windows.data(), 16);
  const int64_t length = batch.histories.titles.size(1);
  const int64_t titles = dataset.catalogue().size();
  for (int64_t i = 0; i < batch.targets.size(0); ++i) {
    const int64_t row = batch.positions[i].item<int64_t>() / (length + 1);
    const int64_t history = batch.positions[i].item<int64_t>() % (length + 1);
    if (history == 0) continue;
    const int64_t before = batch.histories.titles[row][history - 1].item<int64_t>();
    const auto id_of = [&](int64_t t) {
      return std::stoi(std::string(dataset.catalogue().id(t).substr(1)));
    };
    EXPECT_EQ(id_of(batch.targets[i].item<int64_t>()), (id_of(before) + 1) % titles);
  }
}

TEST(TrainData, AgesCountDownToTheLastTarget) {
  const TempFolder folder;
  const data::Dataset dataset = tiny_dataset(folder);
  const TrainData data(dataset, 4, "cpu");
  const auto windows = data.windows(1, 0);
  const models::Batch batch = data.batch(windows.data(), 8);
  for (int64_t row = 0; row < 8; ++row) {
    const int64_t history = windows[static_cast<size_t>(row)].size - 1;
    for (int64_t i = 0; i < history; ++i) {  // events are 1,000 seconds apart
      EXPECT_EQ(batch.histories.ages[row][i].item<float>(), 1'000.0F * float(history - i));
    }
  }
}

TEST(TrainData, CroppedWindowsEndWhereTheyEnded) {
  const TempFolder folder;
  const data::Dataset dataset = tiny_dataset(folder);
  TrainData data(dataset, 6, "cpu");
  const auto whole = data.windows(1, 0);
  data.augment({.crop = 0.5});
  const auto windows = data.windows(1, 0);
  ASSERT_EQ(windows.size(), whole.size());
  int64_t cropped = 0;
  for (size_t i = 0; i < whole.size(); ++i) {
    EXPECT_EQ(windows[i].begin + windows[i].size, whole[i].begin + whole[i].size);
    EXPECT_GE(windows[i].size, 2);
    if (windows[i].size == whole[i].size) continue;
    EXPECT_FALSE(windows[i].starts_history);
    ++cropped;
  }
  EXPECT_NEAR(static_cast<double>(cropped) / static_cast<double>(whole.size()), 0.5, 0.15);
}

// The same titles at other places, of which none is predicted from itself; times stay.
TEST(TrainData, ReorderedEventsAreNoTargets) {
  const TempFolder folder;
  const data::Dataset dataset = tiny_dataset(folder);
  TrainData data(dataset, 6, "cpu");
  const auto plain_windows = data.windows(1, 0);
  const int64_t count = std::ssize(plain_windows);
  const models::Batch plain = data.batch(plain_windows.data(), count);
  data.augment({.reorder = 1});
  const auto windows = data.windows(1, 0);
  const models::Batch batch = data.batch(windows.data(), count);
  EXPECT_TRUE(at::equal(batch.histories.ages, plain.histories.ages));
  EXPECT_FALSE(at::equal(batch.histories.titles, plain.histories.titles));
  const auto sorted = [](const at::Tensor& titles) { return std::get<0>(titles.sort(1)); };
  EXPECT_TRUE(at::equal(sorted(batch.histories.titles), sorted(plain.histories.titles)));
  EXPECT_LT(batch.targets.size(0), plain.targets.size(0));
  const int64_t length = batch.histories.titles.size(1);
  for (int64_t i = 0; i < batch.targets.size(0); ++i) {
    const int64_t row = batch.positions[i].item<int64_t>() / (length + 1);
    const int64_t before = batch.positions[i].item<int64_t>() % (length + 1);
    const at::Tensor seen = batch.histories.titles[row].slice(0, 0, before);
    EXPECT_FALSE(seen.eq(batch.targets[i]).any().item<bool>()) << i;
  }
  EXPECT_TRUE(at::equal(data.batch(data.windows(1, 0).data(), count).histories.titles,
                        batch.histories.titles));  // the seed says how
}

TEST(TrainData, TheLastTargetsAlone) {
  const TempFolder folder;
  const data::Dataset dataset = tiny_dataset(folder);
  TrainData data(dataset, 6, "cpu");
  data.augment({.last_targets = 2});
  const auto windows = data.windows(1, 0);
  const models::Batch batch = data.batch(windows.data(), 16);
  std::map<int64_t, std::vector<int64_t>> places;
  const int64_t length = batch.histories.titles.size(1);
  for (int64_t i = 0; i < batch.positions.size(0); ++i) {
    const int64_t position = batch.positions[i].item<int64_t>();
    places[position / (length + 1)].push_back(position % (length + 1));
  }
  ASSERT_EQ(places.size(), 16);
  for (const auto& [row, of] : places) {
    EXPECT_LE(of.size(), 2);
    EXPECT_EQ(of.back(), windows[static_cast<size_t>(row)].size - 1);
  }
}

// Each with the history before it, and none of them a target.
TEST(TrainData, WhatWasLearnedDislikesIsAsked) {
  const TempFolder folder;
  data::IngestOptions options;
  options.interactions = {folder / "events.csv"};
  write_file(
      options.interactions.front(),
      "user_id,title_id,timestamp,event,value,split\nu,a,1,play,,train\nu,b,2,dislike,,train\n"
      "u,c,3,play,,train\nv,d,1,hide,,train\nv,a,2,play,,train\nw,d,1,hide,,train\n");
  options.out = folder / "dataset";
  options.split.split = data::Split::kGiven;
  data::ingest(options);
  const data::Dataset dataset(options.out);
  TrainData data(dataset, 10, "cpu");
  const auto windows = data.windows(1, 0);
  ASSERT_EQ(windows.size(), 2U);  // w has no target
  const auto count = std::ssize(windows);
  EXPECT_FALSE(data.batch(windows.data(), count).disliked.defined());
  data.take_dislikes();
  const models::Batch batch = data.batch(windows.data(), count);
  EXPECT_EQ(batch.targets.size(0), 3);
  ASSERT_EQ(batch.disliked.size(0), 2);
  const int64_t width = batch.histories.titles.size(1) + 1;
  for (int64_t i = 0; i < 2; ++i) {
    const int64_t title = batch.disliked[i].item<int64_t>();
    const int64_t position = batch.disliked_positions[i].item<int64_t>();
    const bool is_b = dataset.catalogue().id(title) == "b";
    EXPECT_EQ(position % width, is_b ? 1 : 0);
    EXPECT_EQ(dataset.user_id(windows[static_cast<size_t>(position / width)].user),
              is_b ? "u" : "v");
  }
}

TEST(TrainData, NothingToLearnFromIsAnError) {
  const TempFolder folder;
  EXPECT_THROW(TrainData(tiny_dataset(folder, {1, 3, 0}), 4, "cpu"), Error);
}

}  // namespace
}  // namespace marquee::training
