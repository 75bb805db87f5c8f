// Title vectors as the scan reads them: blocks of 32 titles, one dimension of all 32 after another.
// Title t is lane t % 32 of block t / 32, so that a block's bits are half a word of a bitmap. With
// a coarse scan, searches read bytes and the rows of few titles, and the blocks are only made when
// something else first needs them.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <span>
#include <vector>

#include "inference/retrieval/coarse_titles.h"
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
  const float* block(int64_t index) const {
    std::call_once(packed_, [this] { pack(); });
    return values_.get() + index * dim_ * kBlockTitles;
  }

  // Null where there is no coarse scan.
  const CoarseTitles* coarse() const { return coarse_.get(); }
  // The fastest one for this many queries, where there is a coarse scan.
  const CoarseKernel& coarse_kernel(size_t queries) const;

  // Throws Error if a score of this vector with a title would not be a finite number.
  void check(std::span<const float> query) const;
  void check(uint32_t title) const;

  // Writes the exact scores into `titles`.
  void score(std::span<const float> query, std::span<ScoredTitle> titles) const;

 private:
  void check_vectors(std::span<const float> vectors);
  void pack() const;

  int dim_;
  int64_t titles_;
  int64_t blocks_;
  double largest_norm_ = 0;  // of a title's vector
  const ScanKernel* kernel_;
  bool amx_ = false;
  std::unique_ptr<const CoarseTitles> coarse_;
  mutable std::vector<float> rows_;  // [titles + 1, dim]; without a coarse scan empty once packed
  mutable std::once_flag packed_;
  // [blocks, dim, 32]; what is no title is 0
  mutable std::unique_ptr<float[], void (*)(float*)> values_;
};

}  // namespace marquee::inference
