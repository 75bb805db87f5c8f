// What ingest finds out about a dataset's interactions: facts of its manifest, and warnings where
// they are odd.
#pragma once

#include "core/json.h"
#include "data/sorting.h"
#include "data/splits.h"

namespace marquee::data {

// interactions, has_ratings, min_rating, max_rating, time_min, time_max. At least one interaction.
Json interaction_facts(InteractionColumns& columns);

// train, valid, test, given and future_leak; warns where they are odd.
Json part_facts(Split split, InteractionColumns& columns);

// Throws Error if every interaction is negative feedback, of which no model can learn. weights:
// with the scale of ratings.
void check_learnable(const EventWeights& weights, InteractionColumns& columns);

// Warns of wrong timestamps, which are rarely meant: a clock that was off, another unit, a date of
// birth.
void warn_of_odd_times(std::span<const int64_t> times);

// How many of the titles 1 to `titles` have no interactions.
int64_t without_interactions(std::span<const uint32_t> interactions, size_t titles);

}  // namespace marquee::data
