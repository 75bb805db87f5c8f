// Likeness of titles: of their vectors, and of what is known of their content.
#pragma once

#include <cstdint>
#include <numeric>
#include <span>
#include <vector>

#include "inference/retrieval/retrieval.h"
#include "inference/title_table.h"

namespace marquee::inference {

// Sums in 16 lanes, so that the compiler may use vectors.
inline float dot(std::span<const float> a, std::span<const float> b) {
  constexpr size_t kLanes = 16;
  const size_t whole = a.size() / kLanes * kLanes;
  float lanes[kLanes] = {};
  for (size_t i = 0; i < whole; i += kLanes) {
    for (size_t lane = 0; lane < kLanes; ++lane) lanes[lane] += a[i + lane] * b[i + lane];
  }
  const float rest = std::inner_product(a.begin() + static_cast<std::ptrdiff_t>(whole), a.end(),
                                        b.begin() + static_cast<std::ptrdiff_t>(whole), 0.0F);
  return std::accumulate(lanes, lanes + kLanes, rest);
}

// The k titles that share most with `title`, itself left out. The score is a weighted Jaccard
// index: the weight of the names that both have over that of the names that either has. A director
// weighs 2, a genre, actor or studio 1. Equal scores by popularity, then by smaller index.
std::vector<ScoredTitle> similar_by_content(const TitleTable& titles, uint32_t title, int k);

}  // namespace marquee::inference
