// What a run says while it trains: metrics.jsonl, TensorBoard files and the live line.
#pragma once

#include <chrono>
#include <filesystem>

#include "configs/config.h"
#include "core/file.h"
#include "core/json.h"
#include "core/progress.h"
#include "training/checkpoint.h"
#include "training/tensorboard.h"
#include "training/validation.h"

namespace marquee::training {

class RunLog {
 public:
  // Records of steps after `state.step`, left by a run that was killed, are dropped.
  RunLog(const std::filesystem::path& run, const configs::Config& config,
         const TrainingState& state, int64_t events_per_epoch);

  void trained(int64_t events) { events_ += events; }
  void loss(const TrainingState& state, double loss, double learning_rate);
  void validated(const TrainingState& state, const ValidationScore& score);
  void live(const TrainingState& state, double epoch_share);
  void finish();

 private:
  using Clock = std::chrono::steady_clock;
  void write(const Json& record);

  FileWriter metrics_;
  TensorBoardWriter tensorboard_;
  Progress progress_;
  int64_t epochs_;
  int64_t events_per_epoch_;
  int64_t events_ = 0;  // since the last loss record
  Clock::time_point since_ = Clock::now();
  double last_loss_ = 0;
  double last_ndcg_ = -1;
};

}  // namespace marquee::training
