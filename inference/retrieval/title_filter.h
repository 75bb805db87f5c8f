// The titles of a block that are eligible for one query, for a scan that passes over the blocks in
// order.
#pragma once

#include <algorithm>
#include <cstdint>

#include "inference/retrieval/retrieval.h"
#include "inference/retrieval/scan.h"

namespace marquee::inference {

class TitleFilter {
 public:
  TitleFilter(const Query& query, int64_t titles, int64_t first_block)
      : next_(std::lower_bound(query.excluded.data(), query.excluded.data() + query.excluded.size(),
                               first_block * kBlockTitles)),
        end_(query.excluded.data() + query.excluded.size()),
        allowed_(query.allowed.empty() ? nullptr : query.allowed.data()),
        titles_(titles) {}

  // Whether every title of the blocks is eligible.
  bool passes(int64_t first_block, int blocks) const {
    const int64_t end = (first_block + blocks) * kBlockTitles;
    return allowed_ == nullptr && (next_ == end_ || *next_ >= end) && first_block > 0 &&
           end <= titles_ + 1;
  }

  // The eligible titles of a block, as bits. Blocks must come in ascending order.
  uint32_t mask(int64_t block) {
    const int64_t first = block * kBlockTitles;
    uint32_t eligible = block == 0 ? ~1U : ~0U;
    if (titles_ + 1 - first < kBlockTitles) eligible &= (1U << (titles_ + 1 - first)) - 1;
    if (allowed_ != nullptr)
      eligible &= static_cast<uint32_t>(allowed_[block / 2] >> (block % 2 * 32));
    while (next_ != end_ && *next_ < first) ++next_;
    for (; next_ != end_ && *next_ < first + kBlockTitles; ++next_)
      eligible &= ~(1U << (*next_ - first));
    return eligible;
  }

 private:
  const uint32_t* next_;  // the first excluded title that has not been passed
  const uint32_t* end_;
  const uint64_t* allowed_;  // null: all
  int64_t titles_;
};

}  // namespace marquee::inference
