// Title vectors as the scan reads them: blocks of 32 titles, one dimension of all 32 after another.
// Title t is lane t % 32 of block t / 32, so that a block's bits are half a word of a bitmap.
#pragma once

#include <cstdint>
#include <memory>
#include <span>

#include "inference/retrieval/scan.h"
#include "inference/retrieval/top_k.h"

namespace marquee::inference {

class PackedTitles {
 public:
  PackedTitles(std::span<const float> vectors, int dim, InstructionSet instructions);

  int dim() const { return dim_; }
  int64_t titles() const { return titles_; }
  int64_t blocks() const { return blocks_; }
  const ScanKernel& kernel() const { return *kernel_; }
  const float* block(int64_t index) const { return values_.get() + index * dim_ * kBlockTitles; }

  // Throws Error if a score of this vector with a title would not be a finite number.
  void check(std::span<const float> query) const;
  void check(uint32_t title) const;

  float score(std::span<const float> query, uint32_t title) const {
    const float* values = block(title / kBlockTitles) + title % kBlockTitles;
    return kernel_->score(values, query.data(), dim_) + 0.0F;  // -0 is 0, as in BestTitles
  }

 private:
  void pack(std::span<const float> vectors);

  int dim_;
  int64_t titles_;
  int64_t blocks_;
  double largest_norm_ = 0;  // of a title's vector
  const ScanKernel* kernel_;
  std::unique_ptr<float[], void (*)(float*)> values_;  // [blocks, dim, 32]; what is no title is 0
};

}  // namespace marquee::inference
