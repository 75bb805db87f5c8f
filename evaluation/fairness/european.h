// European works: the share of the catalogue and of what is shown that the rule for on-demand
// services looks at (Directive 2010/13/EU, Article 13(1): at least 30 %, with prominence). What
// counts as a European work is for lawyers; here the countries of a title stand for it.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "configs/fairness_config.h"
#include "evaluation/answers.h"
#include "evaluation/bootstrap.h"

namespace marquee::evaluation {

// Shares of all titles: one whose countries are not known counts as not European.
struct EuropeanWorks {
  double known = 0;      // titles of the catalogue that have countries
  double catalogue = 0;  // of titles
  double watched = 0;    // of what members watched next
  Interval shown;        // of places in lists of ten, by 1 / log2(1 + place)
  Interval lists;        // lists with at least EuropeanLimit::titles_in_list of them
};

// Whether more than half of the countries ("GB|FR") are in `european`.
bool is_european(std::string_view countries, const std::set<std::string>& european);

// Nothing where no title has countries. Throws Error if the limits need countries that are not
// there, or name one that no title has and that is not in the default list.
std::optional<EuropeanWorks> european_works(const Questions& questions, const Answers& answers,
                                            const configs::EuropeanLimit& limit,
                                            const BootstrapOptions& bootstrap);

// The same errors, before hours are spent.
void check_countries(const data::Catalogue& catalogue, const configs::EuropeanLimit& limit);

}  // namespace marquee::evaluation
