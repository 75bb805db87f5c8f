// The training room: a dataset and a configuration become a run, a folder with the resolved
// configuration, checkpoints, curves and the best weights. train() is its entry; trainer.h has the
// loop, train_data.h the batches, checkpoint.h what a resumed run needs, refit.h what a run on
// train and validation takes from the run before it. Start here.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "configs/config.h"
#include "core/artefact.h"
#include "models/recommender.h"
#include "training/validation_score.h"

namespace marquee::training {

// Files of a run.
inline constexpr const char* kRunKind = "run";  // of its manifest
inline constexpr const char* kConfigFile = "config.yaml";
inline constexpr const char* kMetricsFile = "metrics.jsonl";
// Members with each title, with noise, where it learns privately.
inline constexpr const char* kCountsFile = "title_counts.safetensors";
inline constexpr const char* kStartFile = "start.safetensors";  // weights it started from, if any

struct TrainOptions {
  configs::Config config;  // with `refit`: not read
  std::filesystem::path dataset;
  std::filesystem::path out;
  std::filesystem::path from;  // a finished run whose weights to start from (warm_start.h), if any
  std::filesystem::path init = {};  // or one on an earlier version of the dataset
  std::filesystem::path refit =
      {};                       // a finished run to refit (refit.h), if any; without the others
  std::string device = "auto";  // "auto", "cpu", "cuda"
  bool resume = false;
  bool overwrite = false;
  int64_t stop_after = 0;  // epochs after which to pause, resumable; 0: none
};

struct TrainSummary {
  bool interrupted = false;  // a checkpoint was written; `--resume` goes on
  bool paused = false;       // the same, because of stop_after
  bool stopped_early = false;
  bool refit = false;  // nothing was validated
  int64_t steps = 0;
  int64_t best_step = 0;
  ValidationScore best;
  int64_t parameters = 0;
  double seconds = 0;
  std::string device;
};

// Throws Error: the output exists (unless resuming or overwriting), another process writes it, the
// run to resume was made with another dataset or configuration (named key by key), no such device,
// nothing to train on, a loss that is not finite; refit.h.
TrainSummary train(const TrainOptions& options);

// The manifest of a finished run; throws Error (artefact) if it is not finished.
Manifest read_finished_run(const std::filesystem::path& run);

// The model of a finished run with its best weights, on the CPU, in eval mode. The dataset has to
// be opened as the run learned from it (open_dataset).
struct TrainedModel {
  Manifest run;
  configs::Config config;
  std::unique_ptr<models::Recommender> model;
};
TrainedModel load_trained(const std::filesystem::path& run, const data::Dataset& dataset);

// How often each title occurs, as a bundle may show it: the train interactions, or the noisy counts
// of a run that learned privately. [titles + 1]
std::vector<int64_t> title_counts(const TrainedModel& trained, const data::Dataset& dataset);

// The dataset folder that a run was trained on, as it was given to train().
std::filesystem::path dataset_of_run(const std::filesystem::path& run);

}  // namespace marquee::training
