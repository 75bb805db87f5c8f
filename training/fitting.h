// The loop of models that learn in rounds over the whole dataset. A closed form has one.
#pragma once

#include <filesystem>

#include "configs/config.h"
#include "models/recommender.h"
#include "training/best_model.h"
#include "training/checkpoint.h"
#include "training/trainer.h"

namespace marquee::training {

// What the loop works on; all outlive it. `model` and `learner` are one object.
struct FittingParts {
  const data::Dataset& dataset;
  models::Recommender& model;
  models::RoundLearner& learner;
  std::filesystem::path run;
  int64_t stop_after = 0;  // rounds after which to pause; 0: none
  int64_t rounds = 0;      // after which it is done; 0: the learner's
};

// Fits until the rounds are done, patience is out or the process is interrupted; goes on from the
// newest intact checkpoint. The best weights are then in RUN/best. Throws Error when the model has
// a weight that is not finite, or has diverged.
StopReason fit_in_rounds(const configs::Config& config, const FittingParts& parts,
                         TrainingState& state);

}  // namespace marquee::training
