// How a user reacts to a title: how much of it they watch, and what feedback they give.
#pragma once

#include "data/events.h"
#include "data/synth/users.h"

namespace marquee::data::synth {

struct Reaction {
  Event event = Event::kPlay;
  float value = kNoValue;
  double fraction = 1;     // of the running time
  bool satisfied = false;  // enough to watch the next part
};

// `taste` is the user's at that time.
Reaction react(const SynthUser& user, const Taste& taste, const SynthTitle& title,
               RandomStream& random);

}  // namespace marquee::data::synth
