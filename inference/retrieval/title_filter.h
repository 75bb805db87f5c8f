// Which titles of a block one query leaves in, for a scan that passes over the blocks in order.
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

  // Whether every title of the blocks is left in.
  bool passes(int64_t first_block, int blocks) const {
    const int64_t end = (first_block + blocks) * kBlockTitles;
    return allowed_ == nullptr && (next_ == end_ || *next_ >= end) && first_block > 0 &&
           end <= titles_ + 1;
  }

  // The titles of a block that are left in, as bits. Blocks must be asked for in ascending order.
  uint32_t mask(int64_t block) {
    const int64_t first = block * kBlockTitles;
    uint32_t left = block == 0 ? ~1U : ~0U;
    if (titles_ + 1 - first < kBlockTitles) left &= (1U << (titles_ + 1 - first)) - 1;
    if (allowed_ != nullptr) left &= static_cast<uint32_t>(allowed_[block / 2] >> (block % 2 * 32));
    while (next_ != end_ && *next_ < first) ++next_;
    for (; next_ != end_ && *next_ < first + kBlockTitles; ++next_)
      left &= ~(1U << (*next_ - first));
    return left;
  }

 private:
  const uint32_t* next_;  // the first excluded title that has not been passed
  const uint32_t* end_;
  const uint64_t* allowed_;  // null: all
  int64_t titles_;
};

}  // namespace marquee::inference
