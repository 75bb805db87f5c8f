// The training room: a dataset and a configuration become a run. train.h is its front door; this is
// the loop. Start at train.h.
#pragma once

#include <filesystem>

#include "configs/config.h"
#include "models/recommender.h"
#include "training/best_model.h"
#include "training/checkpoint.h"
#include "training/distributed/ranks.h"
#include "training/optim/adamw.h"
#include "training/privacy/private_gradient.h"
#include "training/run_log.h"
#include "training/train_data.h"
#include "training/weight_average.h"

namespace marquee::training {

enum class StopReason { kFinished, kStoppedEarly, kInterrupted, kPaused };

// What the loop works on; all outlive it. `model` and `learner` are one object.
struct TrainerParts {
  const data::Dataset& dataset;
  models::Recommender& model;
  models::GradientLearner& learner;
  std::filesystem::path run;  // the run's folder
  std::string device;
  int64_t stop_after = 0;  // epochs after which to pause; 0: none
  std::optional<PrivacyPlan> privacy = {};
  int64_t epochs = 0;      // after which it is done, on the schedule of train.epochs; 0: those
  Ranks* ranks = nullptr;  // the processes that train it together; null: this one alone
};

class Trainer {
 public:
  // Goes on from the newest intact checkpoint in the run's folder, if there is one. Among ranks
  // each takes a part of every batch, so that together they do what one process does with the whole
  // batch, but for draws (dropout, negatives); the first one writes the run.
  Trainer(const configs::Config& config, const TrainerParts& parts);

  // Trains until the epochs are done, patience is out or the process is interrupted; the best
  // weights are then in RUN/best. Throws Error when the loss is not finite.
  StopReason fit();

  const TrainingState& state() const { return state_; }

 private:
  int64_t last_epoch() const;
  void keep_draws_secret();
  bool is_first() const { return parts_.ranks == nullptr || parts_.ranks->is_first(); }
  bool interrupted_anywhere() const;
  void seed_draws();
  void validate();
  models::NamedTensors optimizer_state() const;  // what a checkpoint holds beside the weights
  models::NamedTensors random_states() const;    // of all ranks: "random", "random.1", ...
  void use_groups();
  std::vector<Window> windows_of_epoch() const;
  void step(const std::vector<Window>& windows);
  // The loss of the next batch, whose gradients it leaves in the parameters.
  at::Tensor take_gradient(const Window* windows, int64_t count);
  // The same of this rank's part; the gradients are those of the whole batch, the loss this part's
  // share of its loss.
  at::Tensor take_shared_gradient(const Window* windows, int64_t count);
  at::Tensor loss_of(const models::Batch& batch);
  // The same of members that are drawn for the step, so that none of them can be distinguished.
  at::Tensor take_private_gradient(const std::vector<Window>& windows);
  void read_losses(const std::vector<Window>& windows);
  void check_weights(const std::vector<Window>& windows) const;
  void save_good_checkpoint(
      const std::vector<Window>& windows);  // throws if a number is not finite
  void save_checkpoint();
  void restore();
  [[noreturn]] void fail_at(int64_t step, const std::vector<Window>& windows,
                            const std::string& what) const;
  double current_learning_rate(const std::vector<Window>& windows) const;

  configs::Config config_;
  TrainerParts parts_;
  TrainData data_;
  BestModel best_;
  models::NamedTensors weights_;  // the model's parameters and buffers, shared with it
  AdamW optimizer_;
  std::unique_ptr<WeightAverage> average_;  // null: the weights of the last step count
  uint64_t window_seed_;
  std::unique_ptr<PrivateGradient> private_;  // null: members are not hidden
  Checkpoints checkpoints_;
  TrainingState state_;
  std::vector<at::Tensor> unread_losses_;  // on the device, one a step
  std::unique_ptr<RunLog> log_;            // null: another rank writes it
};

}  // namespace marquee::training
