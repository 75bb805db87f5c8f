// Who is simulated, and the titles with their true qualities: the members of a synthetic service
// who are still there when its data ends, with the tastes that they have by then; or the members of
// a dataset, with tastes that are fitted to it (fitted_tastes.h).
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <unordered_map>
#include <vector>

#include "configs/simulation_config.h"
#include "core/artefact.h"
#include "data/synth/viewing.h"

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
  Source source;      // the artefact that the world was made from
  int64_t start = 0;  // midnight (UTC) at which the simulation begins, Unix seconds
  data::synth::TitlePool pool;
  std::vector<data::synth::SynthUser> users;
  std::vector<data::synth::AliasTable> shelves;  // [genres]: what is on, by popularity
  std::vector<std::string> title_ids, user_ids;  // as the service knows them
  std::unordered_map<std::string, int32_t> title_indices;
  bool has_regions = false;   // members' regions, which titles are filtered by
  int32_t first_release = 0;  // title from which on all were released
  std::vector<CatalogueChange> changes;
  std::vector<Person> people;

  const std::string& title_id(int32_t title) const { return title_ids[static_cast<size_t>(title)]; }
  // -1: the world does not have it.
  int32_t title_index(const std::string& id) const {
    const auto found = title_indices.find(id);
    return found == title_indices.end() ? -1 : found->second;
  }
};

// `folder` is one that `marquee synth` wrote, or a dataset. Throws Error if it is neither, or has
// nobody left at its end. The same whatever the number of threads.
Population make_population(const std::filesystem::path& folder,
                           const configs::SimulationConfig& config);

// The world of a dataset, with all of its members. Throws Error as Dataset and fitted_tastes().
Population fitted_population(const std::filesystem::path& folder);

}  // namespace marquee::policy
