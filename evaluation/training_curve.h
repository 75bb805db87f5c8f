#pragma once

#include <filesystem>
#include <optional>

#include "core/artefact.h"
#include "evaluation/report/report.h"

namespace marquee::evaluation {

// The curve that export put beside the model as training.json; nothing if it did not. The folder's
// hashes must have been checked. Throws Error (artefact) if the file has another shape.
std::optional<TrainingCurve> read_training_curve(const std::filesystem::path& bundle,
                                                 const Manifest& manifest);

}  // namespace marquee::evaluation
