#include "inference/retrieval/best_titles.h"

#include <algorithm>
#include <functional>
#include <limits>

namespace marquee::inference {

namespace {

uint64_t median(uint64_t a, uint64_t b, uint64_t c) {
  return std::max(std::min(a, b), std::min(std::max(a, b), c));
}

}  // namespace

BestTitles::BestTitles(int64_t k)
    : k_(k),
      capacity_(2 * k + 64),
      threshold_(-std::numeric_limits<float>::infinity()),
      keys_(new uint64_t[static_cast<size_t>(2 * capacity_)]) {}

ScoredTitle BestTitles::title_of(uint64_t key) {
  const auto order = static_cast<uint32_t>(key >> 32);
  const uint32_t bits = order >> 31 ? order & 0x7FFFFFFFU : ~order;
  return {~static_cast<uint32_t>(key), std::bit_cast<float>(bits)};
}

// Quickselect that stops early: what it keeps is the best k and up to an eighth more. The partition
// has no branch to mispredict: each key is written to both sides and one side moves on.
void BestTitles::shrink() {
  uint64_t* keys = keys_.get();
  uint64_t* rest = keys + capacity_;
  int64_t kept = 0;  // keys [0, kept) are among the best, [kept, size_) are undecided
  while (size_ > k_ + std::max<int64_t>(2, k_ / 8)) {
    const uint64_t pivot = median(keys[kept], keys[(kept + size_) / 2], keys[size_ - 1]);
    int64_t above = kept;
    int64_t below = 0;
    for (int64_t i = kept; i < size_; ++i) {
      const uint64_t key = keys[i];
      keys[above] = key;
      rest[below] = key;
      above += key > pivot;
      below += key <= pivot;
    }
    if (above >= k_) {
      size_ = above;
      threshold_ = title_of(pivot).score;
    } else {
      std::copy_n(rest, below, keys + above);
      kept = above;
    }
  }
}

std::vector<ScoredTitle> BestTitles::sorted() const {
  std::vector<uint64_t> keys(keys_.get(), keys_.get() + size_);
  const auto end = keys.begin() + std::min(k_, size_);
  if (end < keys.end()) std::nth_element(keys.begin(), end, keys.end(), std::greater<>());
  std::sort(keys.begin(), end, std::greater<>());
  std::vector<ScoredTitle> titles(static_cast<size_t>(end - keys.begin()));
  std::transform(keys.begin(), end, titles.begin(), title_of);
  return titles;
}

}  // namespace marquee::inference
