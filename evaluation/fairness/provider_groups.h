// What titles are grouped by: providers, age, popularity.
#pragma once

#include <string>
#include <vector>

#include "evaluation/answers.h"

namespace marquee::evaluation {

// The providers of each title, as indices of names.
struct ProviderGrouping {
  std::string kind;
  std::vector<std::string> names;
  std::vector<std::vector<size_t>> of;  // [titles + 1]
};

// The kinds of provider_groupings().
std::vector<std::string> provider_kinds(const data::Catalogue& catalogue);

// By genre, studio, language, director and country, where titles have them; by age (years before
// the newest title), and by popularity: head (the titles with half of all interactions), middle and
// tail (the titles with the last fifth).
std::vector<ProviderGrouping> provider_groupings(const Questions& questions);

bool has_countries(const data::Catalogue& catalogue);  // whether any title has one

}  // namespace marquee::evaluation
