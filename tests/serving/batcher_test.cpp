#include "serving/batcher.h"

#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <memory>

namespace marquee::serving {
namespace {

using Job = std::unique_ptr<int>;

Job job(int value) { return std::make_unique<int>(value); }

TEST(Batcher, RunsEveryJobOnceWhoeverPushes) {
  std::atomic<int> sum = 0, count = 0;
  {
    Batcher<Job> batcher({.workers = 3, .max_batch = 7, .max_requests = 100'000},
                         [&](std::vector<Job> jobs) {
                           EXPECT_LE(jobs.size(), 7U);
                           for (const Job& each : jobs) sum += *each;
                           count += static_cast<int>(jobs.size());
                         });
    std::vector<std::thread> pushers;
    for (int thread = 0; thread < 4; ++thread) {
      pushers.emplace_back([&] {
        for (int i = 1; i <= 1'000; ++i) {
          Job each = job(i);
          EXPECT_TRUE(batcher.push(each));
        }
      });
    }
    for (auto& pusher : pushers) pusher.join();
  }
  EXPECT_EQ(count, 4'000);
  EXPECT_EQ(sum, 4 * 500'500);
}

TEST(Batcher, ABatchIsWhatWaitedWhileTheWorkerWasBusy) {
  std::promise<void> go;
  auto gate = go.get_future().share();
  std::vector<size_t> sizes;
  std::atomic<bool> began = false;
  Batcher<Job> batcher({.workers = 1, .max_batch = 4, .max_requests = 6},
                       [&](std::vector<Job> jobs) {
                         sizes.push_back(jobs.size());
                         if (began.exchange(true)) return;
                         gate.wait();
                       });
  Job first = job(0);
  ASSERT_TRUE(batcher.push(first));
  while (!began) std::this_thread::yield();
  for (int i = 0; i < 6; ++i) {
    Job each = job(i);
    EXPECT_FALSE(batcher.push(each, static_cast<size_t>(i))) << "so many wait already";
    ASSERT_TRUE(batcher.push(each));
  }
  Job refused = job(7);
  EXPECT_FALSE(batcher.push(refused)) << "the queue is full";
  EXPECT_TRUE(refused) << "and the job is still the caller's";
  EXPECT_EQ(batcher.depth(), 6U);
  go.set_value();
  batcher.stop();
  EXPECT_EQ(sizes, (std::vector<size_t>{1, 4, 2}));
  EXPECT_FALSE(batcher.push(refused)) << "it has been stopped";
}

}  // namespace
}  // namespace marquee::serving
