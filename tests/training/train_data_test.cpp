#include "training/train_data.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include <map>

#include "core/error.h"
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

TEST(TrainData, NothingToLearnFromIsAnError) {
  const TempFolder folder;
  EXPECT_THROW(TrainData(tiny_dataset(folder, {1, 3, 0}), 4, "cpu"), Error);
}

}  // namespace
}  // namespace marquee::training
