// Rules of a mapping that look at whole histories, or at how often titles were watched: programs
// that pose as members, visits, repetitions, members and titles with too few interactions.
#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

#include "data/mapping.h"
#include "data/sorting.h"
#include "data/titles.h"

namespace marquee::data {

// What the interactions are of, beside their columns.
struct Numbered {
  Vocabulary& users;
  Vocabulary& titles;                       // begins with the padding's empty id
  std::vector<TitleRecord>& title_records;  // of the first titles
};

// What each rule took away.
struct Thinned {
  int64_t busy_users = 0, of_busy_users = 0;  // interactions of members with too many on a day
  int64_t in_visits = 0;                      // that became one with another
  int64_t repeated = 0;
  int64_t rare_users = 0, rare_titles = 0, rare = 0;  // too few interactions, and theirs
};

// Applies the rules in the order of Thinned. Members without interactions go, and titles without
// any of which nothing is known but their ids; others keep their order. `folder`: for temporary
// files.
Thinned thin_out(const Thinning& rules, InteractionColumns& columns, Numbered numbered,
                 const std::filesystem::path& folder);

}  // namespace marquee::data
