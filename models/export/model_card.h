// model_card.md of a bundle: what the model is, what it learned from, how well it did, what it
// should not be used for (Mitchell et al. 2019, Model Cards for Model Reporting).
#pragma once

#include <string>

#include "configs/config.h"
#include "core/artefact.h"
#include "data/dataset.h"
#include "models/recommender.h"

namespace marquee::models {

// run: the manifest of the run that the model comes from.
std::string model_card(const Recommender& model, const configs::Config& config, const Manifest& run,
                       const data::Dataset& dataset);

}  // namespace marquee::models
