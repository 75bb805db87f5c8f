// Weights of events among the facts of datasets and bundles.
#pragma once

#include "core/artefact.h"
#include "data/events.h"

namespace marquee::data {

// As the facts min_rating, max_rating and, where there are steps, weights. event_weights_of throws
// Error (artefact) that names the fact that is wrong.
Json facts_of(const EventWeights& weights);
EventWeights event_weights_of(const Manifest& manifest);

}  // namespace marquee::data
