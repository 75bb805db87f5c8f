// The best k titles of one query, gathered while a scan passes over the titles in ascending order.
#pragma once

#include <bit>
#include <cstdint>
#include <memory>
#include <vector>

#include "inference/retrieval/retrieval.h"

namespace marquee::inference {

class BestTitles {
 public:
  explicit BestTitles(int64_t k);

  // Only a score above this one can still be among the best. It never falls.
  float threshold() const { return threshold_; }

  // Titles come in ascending order, so that a score equal to the threshold is not better.
  void add(uint32_t title, float score) {
    keys_[size_++] = key(title, score);
    if (size_ == capacity_) shrink();
  }

  // The best k, best first.
  std::vector<ScoredTitle> sorted() const;

 private:
  // Score and title in one number, greater where the score is higher, or equal and the title's
  // index smaller. A float's bits order as integers once the negative ones are inverted.
  static uint64_t key(uint32_t title, float score) {
    const auto bits = std::bit_cast<uint32_t>(score + 0.0F);  // -0 is 0
    const uint32_t order = bits >> 31 ? ~bits : bits | 0x80000000U;
    return uint64_t{order} << 32 | static_cast<uint32_t>(~title);
  }
  static ScoredTitle title_of(uint64_t key);
  void shrink();

  int64_t k_;
  int64_t size_ = 0;
  int64_t capacity_;
  float threshold_;
  std::unique_ptr<uint64_t[]> keys_;  // capacity_ keys and as many for shrink() to work in
};

}  // namespace marquee::inference
