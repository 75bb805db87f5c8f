#include "training/best_model.h"

#include "core/artefact.h"

namespace marquee::training {

BestModel::BestModel(const data::Dataset& dataset, const configs::Config& config, Setting setting)
    : newest_(configs::learns_rewards(config.model) || configs::learns_privately(config)),
      patience_(newest_ ? 0 : config.train.patience),
      setting_(std::move(setting)),
      validator_(dataset, config, setting_.device, setting_.ranks) {}

void BestModel::validate(models::Recommender& model, TrainingState& state, RunLog* log) {
  if (validator_.empty()) {
    save(model, state);
    state.best_step = state.step;
    return;
  }
  const ValidationScore score = validator_.score(model);
  const double loss = state.curve.empty() ? 0 : state.curve.back().loss;
  state.curve.push_back({state.step, state.epoch, loss, score});
  if (log != nullptr) log->validated(state, score);
  if (newest_ || score.better_than(state.best)) {
    state.best = score;
    state.best_step = state.step;
    state.validations_since_best = 0;
    save(model, state);
  } else {
    ++state.validations_since_best;
  }
}

bool BestModel::out_of_patience(const TrainingState& state) const {
  return patience_ > 0 && state.validations_since_best >= patience_;
}

void BestModel::save(models::Recommender& model, const TrainingState& state) const {
  if (setting_.ranks != nullptr && !setting_.ranks->is_first()) return;
  ArtefactWriter writer(setting_.run / "best", "checkpoint", /*overwrite=*/true);
  models::save_tensors(models::tensors_of(model.module()), writer.folder() / "model.safetensors");
  writer.commit({{"step", state.step}, {"epoch", state.epoch}}, {});
}

}  // namespace marquee::training
