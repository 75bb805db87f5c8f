// What a mapping did to the files of a dataset: the facts `left_out` and `events`.
#pragma once

#include "core/artefact.h"
#include "core/json.h"
#include "data/interactions.h"
#include "data/thinning.h"

namespace marquee::data {

// Interactions by the keys of the mapping that left them out, of those that left out any.
Json left_out_of(const StagedInteractions& staged);
void add_thinned(const Thinned& thinned, Json& left_out);

// How often the files had the names of events that the mapping gives a meaning.
Json counted_names(const EventNames& names, const StagedInteractions& staged);

// What one of these facts was of a dataset, and what came to it.
Json sum(const Manifest& before, const char* fact, const Json& added);

}  // namespace marquee::data
