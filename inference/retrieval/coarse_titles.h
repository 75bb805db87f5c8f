// Title vectors of one byte a value: a first look at all titles that reads a quarter of the memory.
// The error of a coarse score has a bound that is known beforehand. The exact scores of all titles
// that could be among the best k then give exactly the best k (coarse_search.h).
//
// A vector v is q s + r: whole numbers q from -127 to 127, a scale s of its own, and the rounding
// error r. With the user's vector u = p t + e, by Cauchy and Schwarz
//   |u v - (p q) t s| <= |u| |r| + |e| |q s|.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "inference/retrieval/retrieval.h"
#include "inference/retrieval/scan.h"

namespace marquee::inference {

// A query in bytes. Its coarse scores are in units of its own scale.
struct CoarseQuery {
  std::vector<int8_t> values;  // [4 groups], 0 beyond dim
  int32_t offset = 0;          // what the kernel's sums begin at: see CoarseKernel::scan
  float margin = 0;            // the largest sum of the errors of two scores
};

class CoarseTitles {
 public:
  // vectors: [titles + 1, dim]; row 0 is not read.
  CoarseTitles(std::span<const float> vectors, int dim);

  int groups() const { return groups_; }
  const uint8_t* block(int64_t index) const {
    return values_.data() + index * groups_ * 4 * kBlockTitles;
  }
  const float* scales(int64_t block) const { return scales_.data() + block * kBlockTitles; }

  // Nothing if a vector is too large or too small for coarse scores.
  std::optional<CoarseQuery> query(std::span<const float> user) const;

 private:
  int dim_;
  int groups_;                   // of four dimensions
  std::vector<uint8_t> values_;  // [blocks, groups, 32, 4], 128 more than the value
  std::vector<float> scales_;    // [blocks, 32]
  // Of all titles' vectors: the largest length, of the vector, of q s, of r.
  double largest_ = 0, largest_quantised_ = 0, largest_rest_ = 0;
};

}  // namespace marquee::inference
