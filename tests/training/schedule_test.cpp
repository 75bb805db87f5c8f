#include "training/schedule.h"

#include <gtest/gtest.h>

namespace marquee::training {
namespace {

TEST(Schedule, WarmsUpAndThenFollowsACosineToItsFloor) {
  configs::TrainConfig train;
  train.learning_rate = 1;
  train.warmup_steps = 4;
  train.final_learning_rate = 0.1;
  EXPECT_DOUBLE_EQ(learning_rate(train, {.step = 0, .progress = 0}), 0.2);
  EXPECT_DOUBLE_EQ(learning_rate(train, {.step = 3, .progress = 0}), 0.8);
  EXPECT_DOUBLE_EQ(learning_rate(train, {.step = 4, .progress = 0}), 1);
  EXPECT_DOUBLE_EQ(learning_rate(train, {.step = 9, .progress = 0.5}), 0.55);
  EXPECT_DOUBLE_EQ(learning_rate(train, {.step = 9, .progress = 1}), 0.1);
}

TEST(Schedule, SaysWhenRecordsCheckpointsAndValidationsAreDue) {
  configs::TrainConfig train;
  train.log_every_steps = 3;
  train.checkpoint_every_steps = 5;
  train.validate_every_epochs = 2;
  std::vector<int64_t> logs, checkpoints, validations;
  for (int64_t n = 1; n <= 7; ++n) {
    if (logs_at(train, n)) logs.push_back(n);
    if (checkpoints_at(train, n)) checkpoints.push_back(n);
    if (validates_at(train, n, /*epochs=*/7)) validations.push_back(n);
  }
  EXPECT_EQ(logs, (std::vector<int64_t>{3, 6}));
  EXPECT_EQ(checkpoints, (std::vector<int64_t>{5}));
  EXPECT_EQ(validations, (std::vector<int64_t>{2, 4, 6, 7}));
}

}  // namespace
}  // namespace marquee::training
