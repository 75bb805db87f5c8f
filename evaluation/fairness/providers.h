// Whose titles are shown: the exposure that providers of titles get in lists, against their share
// of the catalogue, of what members watched, and of what they watch next.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "evaluation/answers.h"
#include "evaluation/bootstrap.h"
#include "inference/diversity/exposure_floors.h"

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
  // Sum over all providers of |share of exposure - share of what is watched next|, each summed over
  // all evaluated requests first: 0 to 2 (amortised attention, Biega, Gummadi & Weikum, SIGIR
  // 2018). It is above 0 by chance alone, so the interval is centred (distances.h).
  Interval amortised;
};

using inference::exposure_of;  // what a place of a list counts

// Sum of the absolute differences of shares; 0 to 2.
double share_distance(std::span<const double> a, std::span<const double> b);

// Of each kind in provider_groups.h.
std::vector<ProviderKind> provider_fairness(const Questions& questions, const Answers& answers,
                                            const BootstrapOptions& bootstrap);

}  // namespace marquee::evaluation
