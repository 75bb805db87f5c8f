// What a run reports while it trains: metrics.jsonl, TensorBoard files and the live line.
#pragma once

#include <chrono>
#include <filesystem>
#include <optional>

#include "core/file.h"
#include "core/json.h"
#include "core/progress.h"
#include "training/checkpoint.h"
#include "training/tensorboard.h"
#include "training/validation_score.h"

namespace marquee::training {

// How long a run is.
struct RunLength {
  int64_t epochs;
  int64_t events_an_epoch;
};

class RunLog {
 public:
  // Records of steps after `state.step`, left by a run that was killed, are dropped.
  RunLog(const std::filesystem::path& run, RunLength length, const TrainingState& state);

  void trained(int64_t events) { events_ += events; }
  void loss(const TrainingState& state, double loss, std::optional<double> learning_rate);
  void validated(const TrainingState& state, const ValidationScore& score);
  void live(const TrainingState& state, double epoch_share);
  void finish();

 private:
  using Clock = std::chrono::steady_clock;
  void write(const Json& record);

  FileWriter metrics_;
  TensorBoardWriter tensorboard_;
  Progress progress_;
  RunLength length_;
  int64_t events_ = 0;  // since the last loss record
  Clock::time_point since_ = Clock::now();
  double last_loss_ = 0;
  ValidationScore last_score_;
};

}  // namespace marquee::training
