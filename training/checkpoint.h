// Checkpoints: everything a run needs to go on as if it had never stopped. Each one is an artefact
// of its own, so it appears complete or not at all, and is checked before it is used.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <vector>

#include "core/json.h"
#include "models/weights.h"
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

// The progress of a run, without its tensors.
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

struct Checkpoint {
  TrainingState state;
  models::NamedTensors weights;
  models::NamedTensors optimizer;  // moments, steps and the states of the random generators
};

class Checkpoints {
 public:
  // Keeps the newest `keep`, at least two. Where it writes, removes what a killed process was
  // writing there.
  Checkpoints(std::filesystem::path folder, int keep, bool writes = true);

  void save(const Checkpoint& checkpoint);

  // The newest checkpoint that is intact; damaged ones are skipped with a warning.
  std::optional<Checkpoint> load_newest();

  // "checkpoints/step-0000000120" of the newest one saved or loaded; empty if there is none.
  std::string newest() const { return newest_; }

 private:
  std::vector<std::filesystem::path> newest_first() const;
  std::filesystem::path folder_;
  int keep_;
  std::string newest_;
};

}  // namespace marquee::training
