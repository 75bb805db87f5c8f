// When a run does what: pure functions of where it is.
#pragma once

#include <cstdint>

#include "configs/config.h"

namespace marquee::training {

// A point in a run: `step` counts updates from 0, `progress` goes from 0 to 1 over all epochs.
struct ScheduleProgress {
  int64_t step = 0;
  double progress = 0;
};

// Linear warm-up over train.warmup_steps, then a cosine down to final_learning_rate of the peak
// (Loshchilov & Hutter 2017).
double learning_rate(const configs::TrainConfig& config, ScheduleProgress progress);

// After this many steps: whether a log record is due, and whether a checkpoint is.
bool logs_at(const configs::TrainConfig& config, int64_t step);
bool checkpoints_at(const configs::TrainConfig& config, int64_t step);

// Whether a validation is due after this many of all epochs (or rounds); it is after the last.
bool validates_at(const configs::TrainConfig& config, int64_t epoch, int64_t epochs);

}  // namespace marquee::training
