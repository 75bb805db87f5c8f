#include "training/fitting.h"

#include <ATen/ops/isfinite.h>
#include <torch/nn/module.h>

#include <cmath>
#include <numeric>

#include "core/error.h"
#include "core/interrupt.h"
#include "core/log.h"
#include "core/text.h"
#include "training/schedule.h"

namespace marquee::training {

namespace {

int64_t train_events(const data::Dataset& dataset) {
  const auto counts = dataset.train_counts_of_users();
  return std::accumulate(counts.begin(), counts.end(), int64_t{0});
}

void check_weights(const FittingParts& parts, const Checkpoints& checkpoints, int64_t round) {
  for (const auto& [name, tensor] : models::tensors_of(parts.model.module())) {
    if (!tensor.is_floating_point() || at::isfinite(tensor).all().item<bool>()) continue;
    const std::string newest = checkpoints.newest();
    throw system_error(
        cat("a weight of ", name, " is not a number after round ", round + 1,
            "; last good checkpoint: ", newest.empty() ? "none yet" : (parts.run / newest).string(),
            "; lower the learning rate or raise the regularisation, then train into a new --out"));
  }
}

}  // namespace

StopReason fit_in_rounds(const configs::Config& config, const FittingParts& parts,
                         TrainingState& state) {
  Checkpoints checkpoints(parts.run / "checkpoints", config.train.keep_checkpoints);
  models::NamedTensors weights = models::tensors_of(parts.model.module());
  if (const auto checkpoint = checkpoints.load_newest()) {
    models::copy_tensors(checkpoint->weights, weights, (parts.run / checkpoints.newest()).string());
    state = checkpoint->state;
    log::info(cat("going on from round ", state.epoch + 1));
  }
  const int64_t rounds = parts.rounds > 0 ? parts.rounds : parts.learner.rounds();
  const int64_t events = train_events(parts.dataset);
  RunLog log(parts.run, {rounds, events}, state);
  BestModel best(parts.dataset, config, {"cpu", parts.run});
  while (state.epoch < rounds) {
    if (best.out_of_patience(state)) break;
    if (interrupted()) return StopReason::kInterrupted;
    if (parts.stop_after > 0 && state.epoch >= parts.stop_after) return StopReason::kPaused;
    log.live(state, 0);
    const double objective = parts.learner.fit_round(parts.dataset, state.epoch);
    check_weights(parts, checkpoints, state.epoch);
    state.step = ++state.epoch;
    log.trained(events);
    if (!std::isnan(objective)) {
      state.curve.push_back({state.step, state.epoch, objective, {}});
      log.loss(state, objective, std::nullopt);
    }
    if (validates_at(config.train, state.epoch, rounds)) {
      best.validate(parts.model, state, &log);
    }
    if (rounds > 1) checkpoints.save({state, weights, {}});
  }
  log.finish();
  return best.out_of_patience(state) && state.epoch < rounds ? StopReason::kStoppedEarly
                                                             : StopReason::kFinished;
}

}  // namespace marquee::training
