// One configuration that is tried: a process that trains for some epochs, and what came of it.
#pragma once

#include <chrono>
#include <filesystem>
#include <string>
#include <vector>

#include "core/json.h"
#include "core/self_process.h"
#include "training/validation_score.h"

namespace marquee::tuning {

inline constexpr const char* kTrialRun = "run";  // folder of a trial's run, in that of the trial

struct TrialResult {
  int64_t trial = 0;
  int64_t rung = 0;
  int64_t epochs = 0;
  training::ValidationScore score;  // the best so far; not measured where it failed
  double seconds = 0;
  std::string error;  // why it failed; "" if it did not

  bool failed() const { return !error.empty(); }
};
Json to_json(const TrialResult& result);
TrialResult trial_result(const Json& json);  // throws Error if it is none

// `marquee train` in a process of its own, so that trials share nothing and one that dies takes
// nothing along. It goes on from its checkpoint where there is one.
class TrialProcess {
 public:
  struct Options {
    std::filesystem::path folder;  // holds config.yaml; gets run/ and log.txt
    std::filesystem::path dataset;
    std::string device;
    int threads = 1;
    int64_t stop_after = 0;  // epochs
  };
  explicit TrialProcess(const Options& options);  // throws Error if it cannot be started

  bool ended();      // does not wait
  void interrupt();  // as Ctrl-C does: it leaves a checkpoint

  // Once it has ended: score, seconds and error.
  TrialResult result() const;

 private:
  Options options_;
  SelfProcess process_;
  std::chrono::steady_clock::time_point start_;
  double seconds_ = 0;
};

}  // namespace marquee::tuning
