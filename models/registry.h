// The list of models.
#pragma once

#include <memory>

#include "models/recommender.h"

namespace marquee::models {

// Builds the model that config.model.name names, with weights drawn from config.train.seed, on the
// CPU. Sizes come from the dataset.
std::unique_ptr<Recommender> make_model(const configs::Config& config,
                                        const data::Dataset& dataset);

}  // namespace marquee::models
