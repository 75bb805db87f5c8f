#include "data/splits.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "core/random.h"
#include "core/threads.h"
#include "tests/data/fixtures.h"

namespace marquee::data {
namespace {

// Random histories, sorted by time within each user, with many ties.
struct Sample {
  std::vector<uint64_t> offsets{0};
  std::vector<int64_t> times;

  Sample(uint64_t seed, size_t users, size_t longest, uint64_t distinct_times) {
    RandomStream random(seed, "sample");
    for (size_t user = 0; user < users; ++user) {
      const size_t begin = times.size();
      for (uint64_t left = random.below(longest + 1); left > 0; --left) {
        times.push_back(static_cast<int64_t>(random.below(distinct_times)) - 5);
      }
      std::sort(times.begin() + static_cast<long>(begin), times.end());
      offsets.push_back(times.size());
    }
  }

  std::vector<Part> parts(Split split, uint64_t seed = 1) const {
    std::vector<Part> parts(times.size());
    assign_parts({split, seed}, {offsets, times}, parts);
    return parts;
  }
  size_t size_of(size_t user) const { return offsets[user + 1] - offsets[user]; }
};

TEST(Splits, LeaveOneOutTakesTheLastTwo) {
  const Sample sample(1, 500, 6, 10);
  const auto parts = sample.parts(Split::kLeaveOneOut);
  for (size_t user = 0; user < 500; ++user) {
    const size_t size = sample.size_of(user);
    for (size_t i = 0; i < size; ++i) {
      const Part expected = size >= 3 && i == size - 1   ? Part::kTest
                            : size >= 3 && i == size - 2 ? Part::kValid
                                                         : Part::kTrain;
      ASSERT_EQ(parts[sample.offsets[user] + i], expected) << size << " " << i;
    }
  }
}

TEST(Splits, TemporalCutsAtTwoTimestamps) {
  for (const uint64_t distinct_times : {1, 3, 100, 1'000'000'000}) {
    const Sample sample(distinct_times, 300, 20, distinct_times);
    const auto parts = sample.parts(Split::kTemporal);
    auto sorted = sample.times;
    std::sort(sorted.begin(), sorted.end());
    const int64_t train_until = sorted[(sorted.size() * 80 + 99) / 100 - 1];
    const int64_t valid_until = sorted[(sorted.size() * 90 + 99) / 100 - 1];
    for (size_t i = 0; i < parts.size(); ++i) {
      const int64_t time = sample.times[i];
      ASSERT_EQ(parts[i], time <= train_until   ? Part::kTrain
                          : time <= valid_until ? Part::kValid
                                                : Part::kTest);
    }
  }
}

TEST(Splits, RandomIsEightyTenTen) {
  const Sample sample(1, 2000, 100, 1000);
  const auto parts = sample.parts(Split::kRandom);
  const auto share = [&](Part part) {
    return static_cast<double>(std::count(parts.begin(), parts.end(), part)) /
           static_cast<double>(parts.size());
  };
  EXPECT_NEAR(share(Part::kTrain), 0.8, 0.01);
  EXPECT_NEAR(share(Part::kValid), 0.1, 0.01);
  EXPECT_NEAR(share(Part::kTest), 0.1, 0.01);
  EXPECT_NE(parts, sample.parts(Split::kRandom, 2));
}

TEST(Splits, StrongHoldsUsersOut) {
  const Sample sample(1, 1000, 12, 1000);
  const auto parts = sample.parts(Split::kStrong);
  size_t eligible = 0, valid = 0, test = 0;
  for (size_t user = 0; user < 1000; ++user) {
    const size_t size = sample.size_of(user);
    const auto history = std::span(parts).subspan(sample.offsets[user], size);
    eligible += size >= 5 ? 1 : 0;
    if (size == 0 || history.front() == Part::kTrain) {
      EXPECT_TRUE(
          std::all_of(history.begin(), history.end(), [](Part p) { return p == Part::kTrain; }));
      continue;
    }
    ASSERT_GE(size, 5u);
    const Part held = history.back();
    (held == Part::kValid ? valid : test) += 1;
    for (size_t i = 0; i < size; ++i) ASSERT_EQ(history[i], i < size * 4 / 5 ? Part::kGiven : held);
  }
  EXPECT_EQ(valid, eligible / 10);
  EXPECT_EQ(test, eligible / 10);
  EXPECT_NE(parts, sample.parts(Split::kStrong, 2));
}

TEST(Splits, DoNotDependOnThreads) {
  const Sample sample(1, 10'000, 10, 1000);
  for (const Split split :
       {Split::kLeaveOneOut, Split::kTemporal, Split::kRandom, Split::kStrong}) {
    set_thread_count(1);
    const auto alone = sample.parts(split);
    set_thread_count(4);
    EXPECT_EQ(alone, sample.parts(split)) << name(split);
    set_thread_count(0);
  }
}

TEST(Splits, LeakIsTheShareOfTrainAfterTheMedianOfTest) {
  const std::vector<int64_t> times{1, 2, 3, 4, 5, 6, 7, 8};
  const auto T = Part::kTrain, X = Part::kTest;
  EXPECT_DOUBLE_EQ(describe_parts(times, std::vector<Part>{T, T, X, T, X, T, X, T}).future_leak,
                   0.4);
  EXPECT_DOUBLE_EQ(describe_parts(times, std::vector<Part>{T, T, T, T, T, X, X, X}).future_leak, 0);
  EXPECT_DOUBLE_EQ(describe_parts(times, std::vector<Part>(8, T)).future_leak, 0);
  EXPECT_DOUBLE_EQ(describe_parts(times, std::vector<Part>(8, X)).future_leak, 0);
}

TEST(Splits, NamesRoundTripAndAreStrict) {
  for (const char* text : {"leave-one-out", "temporal", "random", "strong", "given"}) {
    EXPECT_EQ(name(parse_split(text)), text);
  }
  EXPECT_THROW(parse_split("loo"), Error);
}

TEST(Splits, GivenIsWhatTheFileSays) {
  const TempFolder folder;
  IngestOptions options = options_for(folder,
                                      "user_id,title_id,timestamp,split\n"
                                      "u,a,3,test\nu,b,1,\nu,c,2,valid\nu,d,0,train\n");
  options.split.split = Split::kGiven;
  ingest(options);
  const Dataset dataset(folder / "out");
  const auto parts = dataset.history(0).parts;
  EXPECT_EQ(std::vector<Part>(parts.begin(), parts.end()),
            (std::vector<Part>{Part::kTrain, Part::kTrain, Part::kValid, Part::kTest}));
}

}  // namespace
}  // namespace marquee::data
