// Likeness of titles: of their vectors, and of what is known of their content.
#pragma once

#include <cstdint>
#include <numeric>
#include <span>
#include <vector>

#include "inference/retrieval/retrieval.h"
#include "inference/title_table.h"

namespace marquee::inference {

inline float dot(std::span<const float> a, std::span<const float> b) {
  return std::inner_product(a.begin(), a.end(), b.begin(), 0.0f);
}

// The k titles that share most with `title`, itself left out. The score is a weighted Jaccard
// index: the weight of the names that both have over that of the names that either has. A director
// weighs 2, a genre, actor or studio 1. Equal scores by popularity, then by smaller index.
std::vector<ScoredTitle> similar_by_content(const TitleTable& titles, uint32_t title, int k);

}  // namespace marquee::inference
