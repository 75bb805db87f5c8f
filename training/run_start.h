// How a run begins: its folder, or the one that it goes on in, and the weights that it starts from.
#pragma once

#include <optional>

#include "core/json.h"
#include "data/dataset.h"
#include "models/recommender.h"
#include "training/distributed/ranks.h"
#include "training/privacy/plan.h"
#include "training/refit.h"
#include "training/train.h"

namespace marquee::training {

// What a run works on.
struct Work {
  const TrainOptions& options;
  const data::Dataset& dataset;
  models::Recommender& model;
  const std::optional<PrivacyPlan>& privacy;
  const std::optional<Refit>& refit;
  Ranks* ranks;  // null: this process alone

  bool is_first() const { return ranks == nullptr || ranks->is_first(); }
};

// Makes the run's folder, which is there at once, so that it can be inspected while it trains; or
// finds the one that is there fit to go on. → whether it is finished already. Throws Error as
// train() says; ranks after the first only wait.
bool begin_or_resume(const Work& work);

// The weights that a run starts from, if any, until its first checkpoint.
void load_start(const TrainOptions& options, models::Recommender& model);

// The facts of a run that has just begun, which a finished one has as well.
Json first_facts(const Work& work);

bool is_from(const Manifest& run, const data::Dataset& dataset);

}  // namespace marquee::training
