// Similarity of titles: of their vectors, and of their features.
#pragma once

#include <cmath>
#include <cstdint>
#include <cstring>
#include <span>
#include <vector>

#include "inference/retrieval/retrieval.h"
#include "inference/title_table.h"

namespace marquee::inference {

// Sums in 16 lanes, then adds the lanes in pairs: few additions wait for one another.
inline float dot(std::span<const float> a, std::span<const float> b) {
  using Four = float __attribute__((vector_size(16)));
  const auto four = [](const float* from) {
    Four values;
    std::memcpy(&values, from, sizeof values);
    return values;
  };
  Four sums[4] = {};
  size_t i = 0;
  for (; i + 16 <= a.size(); i += 16) {
    for (size_t j = 0; j < 4; ++j) sums[j] += four(&a[i + 4 * j]) * four(&b[i + 4 * j]);
  }
  const Four sum = (sums[0] + sums[1]) + (sums[2] + sums[3]);
  float total = (sum[0] + sum[1]) + (sum[2] + sum[3]);
  for (; i < a.size(); ++i) total += a[i] * b[i];
  return total;
}

// The vector at length 1, or 0 where it has no length: [dim].
inline void write_unit(std::span<const float> vector, float* unit) {
  const float norm = std::sqrt(dot(vector, vector));
  for (size_t i = 0; i < vector.size(); ++i) unit[i] = norm > 0 ? vector[i] / norm : 0;
}

// The k titles that share most with `title`, without `title`. The score is a weighted Jaccard
// index: the weight of the names that both have over that of the names that either has. A director
// weighs 2, a genre, actor or studio 1. Equal scores by popularity, then by smaller index.
std::vector<ScoredTitle> similar_by_features(const TitleTable& titles, uint32_t title, int k);

}  // namespace marquee::inference
