// Sets of titles as bits: bit i of word i / 64 is title i.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace marquee::inference {

using TitleBitmap = std::vector<uint64_t>;

inline size_t bitmap_words(int64_t titles) { return static_cast<size_t>(titles / 64 + 1); }

// Without any title; holds the indices 0 to titles.
inline TitleBitmap empty_bitmap(int64_t titles) { return TitleBitmap(bitmap_words(titles)); }

inline bool contains(std::span<const uint64_t> bitmap, int64_t title) {
  return (bitmap[static_cast<size_t>(title / 64)] >> (title % 64) & 1) != 0;
}

inline void insert(TitleBitmap& bitmap, int64_t title) {
  bitmap[static_cast<size_t>(title / 64)] |= uint64_t{1} << (title % 64);
}

}  // namespace marquee::inference
