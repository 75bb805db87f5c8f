// A trained model as one TorchScript module with the methods of docs/libtorch.md: the forward pass
// is traced from the model itself, so there is one definition of it, and the few lines around it
// (scores of given titles, the best k) are TorchScript source.
#pragma once

#include <filesystem>

#include "models/recommender.h"

namespace marquee::models {

// Writes `file`, loads it again and compares it with the model at several batch sizes and lengths.
// Throws Error (system) if a value differs by more than 1e-5 of its size: then nothing should be
// served from it.
//   feature_columns: width of what encode_titles takes; 0 where the model has no title tower.
//   users: that the model knows by id; 0: none. Its methods then take their numbers as last input.
struct TorchScriptOptions {
  int64_t titles = 0;
  int64_t max_history = 1;
  int64_t feature_columns = 0;
  int64_t users = 0;
};
void export_torchscript(Recommender& model, const TorchScriptOptions& options,
                        const std::filesystem::path& file);

}  // namespace marquee::models
