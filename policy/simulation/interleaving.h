// Pages that two rankers fill together, so that their members say which of the two they prefer.
#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <unordered_map>
#include <vector>

#include "core/random.h"
#include "serving/pages/page_answer.h"

namespace marquee::policy {

// Team draft (Radlinski, Kurup & Joachims, CIKM 2008): in each round a coin says who begins, and
// each team takes its best title that nobody has yet, until there are `most` or none is left.
// `lists`: titles of each team, best first. → which team takes which of its titles, in order.
struct Drafted {
  size_t team = 0, index = 0;
};
std::vector<Drafted> team_draft(const std::array<std::vector<std::string>, 2>& lists, size_t most,
                                RandomStream& random);

// Row by row the team draft of two pages' rows at the same place; titles of rows above are not
// taken again.
struct InterleavedPage {
  serving::PageAnswer page;
  std::unordered_map<std::string, size_t> team;  // 0 or 1, by title id
};
InterleavedPage interleaved(const std::array<const serving::PageAnswer*, 2>& pages,
                            RandomStream& random);

}  // namespace marquee::policy
