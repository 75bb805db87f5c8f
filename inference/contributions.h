// What the titles of one user's history add to the scores of others, as the model itself computes
// it (Explainable in models/recommender.h).
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "inference/bundle.h"
#include "inference/user.h"

namespace marquee::inference {

class Contributions {
 public:
  // values: those of the user in Ranker::contributions, for the same titles. `positives` must
  // outlive this.
  Contributions(const Bundle& bundle, const User& user, std::span<const PositiveTitle> positives,
                std::vector<float> values);

  // Which positive explains the score of `title`, the one at `place`; null: none does. It is the
  // one that adds most, if that is above 0 and at least twice what the other titles of the history
  // add on average; of equal ones the newest. A title does not explain itself.
  const PositiveTitle* strongest(size_t place, uint32_t title) const;

 private:
  struct HistoryTitle {
    uint32_t title;
    const PositiveTitle* positive;  // null: it is none
  };

  std::vector<HistoryTitle> history_;  // each once, the newest first; none with signal 0
  std::vector<size_t> owners_;         // [events]: the place in history_ of each, or its size
  std::vector<float> values_;          // [titles, events]
};

}  // namespace marquee::inference
