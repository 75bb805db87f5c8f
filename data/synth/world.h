// All that a synthetic service is made of, before anybody watches: made again from its options.
#pragma once

#include <vector>

#include "data/synth.h"
#include "data/synth/shelves.h"
#include "data/synth/title_pool.h"
#include "data/synth/users.h"

namespace marquee::data::synth {

struct World {
  TitlePool pool;
  Shelves shelves;
  std::vector<SynthUser> users;
};

// The options as synthesise() takes them.
World make_world(const SynthOptions& options);

// The options with which the verified folder of a synthetic service was written.
SynthOptions options_of(const Artefact& synth);

}  // namespace marquee::data::synth
