#include "core/threads.h"

#include <gtest/gtest.h>

#include <atomic>
#include <stdexcept>
#include <vector>

namespace marquee {
namespace {

TEST(ParallelFor, CoversEveryIndexOnce) {
  for (const int threads : {1, 2, 5}) {
    set_thread_count(threads);
    std::vector<std::atomic<int>> seen(1'003);
    parallel_for(1'003, 10, [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i) ++seen[static_cast<size_t>(i)];
    });
    for (const auto& count : seen) EXPECT_EQ(count, 1);
  }
}

TEST(ParallelFor, ThrowsWhatABlockThrew) {
  set_thread_count(3);
  EXPECT_THROW(parallel_for(100, 1,
                            [](int64_t begin, int64_t) {
                              if (begin == 50) throw std::runtime_error("block 50");
                            }),
               std::runtime_error);
}

TEST(ParallelFor, DoesNothingForNothing) {
  parallel_for(0, 10, [](int64_t, int64_t) { FAIL(); });
}

}  // namespace
}  // namespace marquee
