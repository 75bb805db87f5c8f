// Whose titles are shown: the exposure that providers of titles get in lists, against their share
// of the catalogue, of what members watched, and of what they watch next.
#pragma once

#include <string>
#include <vector>

#include "evaluation/answers.h"
#include "evaluation/bootstrap.h"

namespace marquee::evaluation {

inline constexpr size_t kMostProviders = 20;  // of a kind; the others together

// Shares of all titles that have a provider of the kind; a title with several counts for each in
// equal parts.
struct Provider {
  std::string name;
  double catalogue = 0;  // of titles
  double history = 0;    // of what the members watched
  double watched = 0;    // of what they watched next: what is to be found
  Interval shown;        // of places in lists of ten, by 1 / log2(1 + place)
  Interval ratio;        // shown / watched; 0 where nothing of it was watched
};

struct ProviderKind {
  std::string name;
  std::vector<Provider> providers;  // by `watched`, the largest first
};

// What titles are grouped by.
std::vector<std::string> provider_kinds(const data::Catalogue& catalogue);

// By genre, studio, language and director, where titles have them; by age (years before the newest
// title), and by popularity: head (the titles with half of all interactions), middle and tail (the
// titles with the last fifth).
std::vector<ProviderKind> provider_fairness(const Questions& questions, const Answers& answers,
                                            const BootstrapOptions& bootstrap);

}  // namespace marquee::evaluation
