// Who is simulated: the members of a synthetic service who are still there when its data ends, with
// the tastes that they have by then, and the titles with their true qualities.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "configs/simulation_config.h"
#include "core/artefact.h"
#include "data/synth/viewing.h"
#include "data/synth/world.h"

namespace marquee::policy {

// What does not change about a member.
struct Person {
  int64_t user = 0;  // index in the world
  data::synth::Taste taste{};
  double visits_a_day = 0;                  // at a satisfaction of 0.5 (configs::VisitConfig)
  std::vector<data::synth::Watch> watches;  // before the simulation; none of a newcomer
};

// A title that comes or goes while members are simulated.
struct CatalogueChange {
  int32_t title = 0;
  int day = 0;
  bool released = false;  // or withdrawn
};

struct Population {
  data::synth::World world;
  Source source;              // the artefact that the world was made from
  int32_t first_release = 0;  // title from which on all were released
  std::vector<CatalogueChange> changes;
  std::vector<Person> people;
};

// `folder` is one that `marquee synth` wrote. Throws Error if it is not, or has nobody left at its
// end. The same whatever the number of threads.
Population make_population(const std::filesystem::path& folder,
                           const configs::SimulationConfig& config);

}  // namespace marquee::policy
