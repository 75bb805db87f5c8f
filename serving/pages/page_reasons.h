// Reasons of the titles of a page.
#pragma once

#include <vector>

#include "inference/runner.h"
#include "serving/pages/page_answer.h"

namespace marquee::serving {

// Gives the titles that have no reason yet the model's own: of all rows at once, so that it is
// called once a page.
void explain(std::vector<PageRow>& rows, const inference::Runner& runner,
             const inference::User& user);

}  // namespace marquee::serving
