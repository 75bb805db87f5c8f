#include "serving/model_slot.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <thread>

#include "core/error.h"
#include "tests/inference/tiny_bundle.h"

namespace marquee::serving {
namespace {

using Clock = std::chrono::steady_clock;

class ModelSlotTest : public ::testing::Test {
 protected:
  ModelSlotTest() {
    tests::write_bundle(tests::random_bundle(20'000, 4, 1), folder_ / "a");
    tests::write_bundle(tests::random_bundle(20'000, 4, 2), folder_ / "b");
  }

  TempFolder folder_;
  ModelSlot slot_{{}};
};

TEST_F(ModelSlotTest, RollsBackAndForth) {
  EXPECT_THROW(slot_.roll_back(), Error);
  const auto a = slot_.load(folder_ / "a");
  EXPECT_THROW(slot_.roll_back(), Error);
  const auto b = slot_.load(folder_ / "b");
  EXPECT_EQ(slot_.roll_back()->bundle.name(), a->bundle.name());
  EXPECT_EQ(slot_.current()->bundle.name(), a->bundle.name());
  EXPECT_EQ(slot_.roll_back()->bundle.name(), b->bundle.name());
}

TEST_F(ModelSlotTest, AModelRolledBackToHasTheEditsMadeSince) {
  slot_.load(folder_ / "a");
  slot_.load(folder_ / "b");
  slot_.edit({.put = {}, .withdrawn = {"t7"}});
  const auto model = slot_.roll_back();
  EXPECT_TRUE(model->bundle.titles()[model->bundle.titles().find("t7")].withdrawn);
}

// Requests take the current model while another one is made. Of several tries the best one counts:
// a thread may lose its processor for longer than that takes.
TEST_F(ModelSlotTest, RequestsDoNotWaitForARollback) {
  slot_.load(folder_ / "a");
  slot_.load(folder_ / "b");
  double least_share = 1;
  for (int attempt = 0; attempt < 10 && least_share > 0.3; ++attempt) {
    std::atomic<bool> done = false;
    Clock::duration longest{};
    std::thread requests([&] {
      while (!done) {
        const auto start = Clock::now();
        slot_.current();
        longest = std::max(longest, Clock::now() - start);
      }
    });
    const auto start = Clock::now();
    slot_.roll_back();
    const auto rollback = Clock::now() - start;
    done = true;
    requests.join();
    least_share = std::min(least_share, std::chrono::duration<double>(longest) / rollback);
  }
  EXPECT_LE(least_share, 0.3);
}

}  // namespace
}  // namespace marquee::serving
