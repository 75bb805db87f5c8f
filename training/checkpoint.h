// Checkpoints: everything a run needs to go on as if it had never stopped. Each one is an artefact
// of its own, so it appears complete or not at all, and is checked before it is used.
#pragma once

#include <filesystem>
#include <optional>
#include <vector>

#include "models/weights.h"
#include "training/training_state.h"

namespace marquee::training {

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
