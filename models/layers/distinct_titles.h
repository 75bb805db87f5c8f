// What the classic models see of a history: which titles are in it, not when or how often.
#pragma once

#include "models/recommender.h"

namespace marquee::models {

// → [batch, length] int64: each title of a history once, in ascending order, with 0 in place of
// padding, of repetitions and of events with signal 0 (dislike, hide).
at::Tensor distinct_titles(const Histories& histories);

// The same, but each title stays at its place, the newest where it is repeated.
at::Tensor distinct_events(const Histories& histories);

}  // namespace marquee::models
