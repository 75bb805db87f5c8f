// How far a run has come, without its tensors.
#pragma once

#include <cstdint>
#include <vector>

#include "core/json.h"
#include "training/validation_score.h"

namespace marquee::training {

struct CurvePoint {
  int64_t step = 0;
  int64_t epoch = 0;
  double loss = 0;
  ValidationScore valid;  // at this step, if there was a validation
};
void to_json(Json& json, const CurvePoint& point);
void from_json(const Json& json, CurvePoint& point);

struct TrainingState {
  int64_t step = 0;      // updates done
  int64_t epoch = 0;     // epochs done
  int64_t position = 0;  // windows of this epoch done
  int64_t best_step = 0;
  ValidationScore best;
  int64_t validations_since_best = 0;
  std::vector<double> losses;     // of the steps since the last log record
  std::vector<CurvePoint> curve;  // one point a log record or validation

  Json to_json() const;
  static TrainingState from_json(const Json& json);
};

}  // namespace marquee::training
