// Evaluates a model on the validation users as it learns, keeps the best weights in RUN/best, and
// decides when to stop.
#pragma once

#include <filesystem>

#include "configs/config.h"
#include "models/recommender.h"
#include "models/weights.h"
#include "training/checkpoint.h"
#include "training/distributed/ranks.h"
#include "training/run_log.h"
#include "training/validation.h"

namespace marquee::training {

class BestModel {
 public:
  struct Setting {
    std::string device;
    std::filesystem::path run;  // its folder
    Ranks* ranks = nullptr;     // who validate together, the first of which writes; null: alone
  };
  BestModel(const data::Dataset& dataset, const configs::Config& config, Setting setting);

  // Scores the model and records the score in state and log. Saves the weights if it is the best so
  // far, or if the score must not say which is the best: without validation users, where rewards
  // are learned (the loss "reinforce") and not what comes next, and under differential privacy,
  // since choosing by members' data would reveal something of it.
  // log: null where another rank writes it.
  void validate(models::Recommender& model, TrainingState& state, RunLog* log);

  // Whether the last train.patience validations brought no better score.
  bool out_of_patience(const TrainingState& state) const;

 private:
  void save(models::Recommender& model, const TrainingState& state) const;

  bool newest_;  // whether the newest weights are taken for the best
  int patience_;
  Setting setting_;
  Validator validator_;
};

}  // namespace marquee::training
