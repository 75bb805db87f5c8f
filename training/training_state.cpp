#include "training/training_state.h"

namespace marquee::training {

void to_json(Json& json, const CurvePoint& point) {
  json = {{"step", point.step}, {"epoch", point.epoch}, {"loss", point.loss}};
  add_to(json, point.valid);
}

void from_json(const Json& json, CurvePoint& point) {
  point = {json.at("step"), json.at("epoch"), json.at("loss"), validation_score(json)};
}

Json TrainingState::to_json() const {
  Json best_score = Json::object();
  add_to(best_score, best);
  return {{"step", step},         {"epoch", epoch},
          {"position", position}, {"best_step", best_step},
          {"best", best_score},   {"validations_since_best", validations_since_best},
          {"losses", losses},     {"curve", curve}};
}

TrainingState TrainingState::from_json(const Json& json) {
  TrainingState state;
  state.step = json.at("step");
  state.epoch = json.at("epoch");
  state.position = json.at("position");
  state.best_step = json.at("best_step");
  state.best = validation_score(json.at("best"));
  state.validations_since_best = json.at("validations_since_best");
  state.losses = json.at("losses").get<std::vector<double>>();
  state.curve = json.at("curve").get<std::vector<CurvePoint>>();
  return state;
}

}  // namespace marquee::training
