// Starts a run from what another one learned.
#pragma once

#include <filesystem>

#include "core/artefact.h"
#include "data/dataset.h"
#include "models/recommender.h"

namespace marquee::training {

// Copies the best weights of a finished run over those of the model that have the same names, and
// returns the run. What the model has and the run has not keeps its first values. Throws Error: the
// run is not finished, was trained on another dataset, has no weight in common with the model, or
// one of another shape.
Source warm_start(models::Recommender& model, const std::filesystem::path& run,
                  const data::Dataset& dataset);

// The same from a run on an earlier version of the dataset, or on any that has titles in common:
// rows of titles and of names of features go where these are now, and those of new ones keep their
// first values, as those of members do. Throws Error: the run is not finished, or a refit; the
// model learns from the beginning each time; a weight has another shape.
Source start_from_earlier(models::Recommender& model, const std::filesystem::path& run,
                          const data::Dataset& dataset);

}  // namespace marquee::training
