// For whom and for what a model works: its full ranking by kinds of members and kinds of titles.
#pragma once

#include <string>
#include <vector>

#include "evaluation/bootstrap.h"
#include "evaluation/panel.h"

namespace marquee::evaluation {

struct Slice {
  std::string name;   // "5–9"
  int64_t n = 0;      // members, or targets
  Interval hr, ndcg;  // at 10; meaningless where n is 0
};

struct Slices {
  // Members by the number of events in their history.
  std::vector<Slice> history_length;
  // Targets by their train interactions, each target in a ranking of its own. The last one,
  // "cold: 0–5", covers the first two.
  std::vector<Slice> target_popularity;
};

// full_ranks: [targets], as in Answers.
Slices make_slices(const Panel& panel, const std::vector<float>& full_ranks,
                   const BootstrapOptions& options);

}  // namespace marquee::evaluation
