#include "inference/retrieval/coarse_titles.h"

#include <algorithm>
#include <cfloat>
#include <cmath>
#include <cstddef>

namespace marquee::inference {

namespace {

// How a vector was rounded; lengths are of the vector, of its rounded form and of the rest.
struct Rounded {
  float scale = 0;
  double length = 0, quantised = 0, rest = 0;
};

// write(d, value) for each dimension.
template <typename Write>
Rounded round_vector(std::span<const float> vector, const Write& write) {
  float most = 0;
  for (const float x : vector) most = std::max(most, std::abs(x));
  Rounded rounded{.scale = most / 127};
  for (size_t d = 0; d < vector.size(); ++d) {
    const float steps = rounded.scale > 0 ? vector[d] / rounded.scale : 0;
    const auto value = static_cast<int>(std::lround(std::clamp(steps, -127.0F, 127.0F)));
    write(d, value);
    const double quantised = static_cast<double>(rounded.scale) * value;
    const double rest = vector[d] - quantised;
    rounded.length += static_cast<double>(vector[d]) * vector[d];
    rounded.quantised += quantised * quantised;
    rounded.rest += rest * rest;
  }
  rounded.length = std::sqrt(rounded.length);
  rounded.quantised = std::sqrt(rounded.quantised);
  rounded.rest = std::sqrt(rounded.rest);
  return rounded;
}

}  // namespace

CoarseTitles::CoarseTitles(std::span<const float> vectors, int dim)
    : dim_(dim), groups_((dim + 3) / 4) {
  const size_t rows = vectors.size() / static_cast<size_t>(dim);
  const size_t blocks = (rows + kBlockTitles - 1) / kBlockTitles;
  const auto block_bytes = static_cast<size_t>(groups_) * 4 * kBlockTitles;
  values_.assign(blocks * block_bytes, 128);
  scales_.assign(blocks * kBlockTitles, 0);
  for (size_t title = 1; title < rows; ++title) {
    const auto vector = vectors.subspan(title * static_cast<size_t>(dim), static_cast<size_t>(dim));
    uint8_t* to =
        values_.data() + title / kBlockTitles * block_bytes + title % kBlockTitles * size_t{4};
    const Rounded rounded = round_vector(vector, [&](size_t d, int value) {
      to[d / 4 * 4 * kBlockTitles + d % 4] = static_cast<uint8_t>(value + 128);
    });
    scales_[title] = rounded.scale;
    largest_ = std::max(largest_, rounded.length);
    largest_quantised_ = std::max(largest_quantised_, rounded.quantised);
    largest_rest_ = std::max(largest_rest_, rounded.rest);
  }
}

std::optional<CoarseQuery> CoarseTitles::query(std::span<const float> user) const {
  constexpr double kTiny = 1e-30, kHuge = 1e30;
  CoarseQuery query;
  query.values.resize(static_cast<size_t>(groups_) * 4);
  int32_t sum = 0;
  const Rounded rounded = round_vector(user, [&](size_t d, int value) {
    query.values[d] = static_cast<int8_t>(value);
    sum += value;
  });
  if (rounded.scale < kTiny || largest_ > kHuge) return std::nullopt;
  query.offset = -128 * sum;
  // Floats round as well: the exact score in each of its additions, the coarse one a few times.
  const double floats = (dim_ + 16) * static_cast<double>(FLT_EPSILON) * rounded.length * largest_;
  const double bound = rounded.length * largest_rest_ + rounded.rest * largest_quantised_ + floats;
  query.margin = static_cast<float>(2.0001 * bound / static_cast<double>(rounded.scale));
  return query;
}

}  // namespace marquee::inference
