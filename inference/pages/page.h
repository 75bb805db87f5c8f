// A member's home page: rows of titles, each with its reason to be there, no title twice.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "inference/runner.h"

namespace marquee::pages {

// Which rows there are and how long; docs/serving.md has them as configuration.
struct PageRules {
  int titles_a_row = 20;
  int least_titles_a_row = 4;  // shorter rows are left out
  int because_rows = 2;
  int favourite_rows = 3;
  int candidates = 600;     // best titles of the model that rows are picked from
  double unfinished = 0.9;  // plays of a smaller part are continued
  int new_years = 3;        // "new" is the newest so many years of the catalogue
  int genre_rows = 1;       // of the favourite rows, unless the member is new
};

// Pages of several members in one pass over the model; k and include_seen of the requests are not
// looked at.
std::vector<inference::Outcome<inference::PageAnswer>> assemble(
    const inference::Runner& runner, std::span<const inference::Request> requests,
    const PageRules& rules);

}  // namespace marquee::pages
