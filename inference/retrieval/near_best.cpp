#include "inference/retrieval/near_best.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

namespace marquee::inference {

namespace {

constexpr float kLowest = -std::numeric_limits<float>::infinity();

// A number that at least k of the values are above, and not many more; reorders `values`.
// Quickselect that stops early and has no branch to mispredict, as in BestTitles.
float below_best(std::vector<float>& values, size_t k) {
  const size_t enough = k + std::max<size_t>(2, k / 8);
  size_t sure = 0, size = values.size();  // [0, sure) are among the best, [sure, size) undecided
  float bound = kLowest;
  std::vector<float> rest(size);
  const auto median = [&] {
    const float a = values[sure], b = values[(sure + size) / 2], c = values[size - 1];
    return std::max(std::min(a, b), std::min(std::max(a, b), c));
  };
  for (float pivot = median(); size > enough;) {
    size_t above = sure, below = 0;
    for (size_t i = sure; i < size; ++i) {
      const float value = values[i];
      values[above] = value;
      rest[below] = value;
      above += value > pivot;
      below += value <= pivot;
    }
    if (above >= k) {
      bound = pivot;
      if (above == size) break;  // all are equal
      size = above;
    } else {
      std::copy_n(rest.begin(), below, values.begin() + static_cast<std::ptrdiff_t>(above));
      if (above == sure) {  // the greatest: take those equal to it too
        pivot = std::nextafter(pivot, kLowest);
        continue;
      }
      sure = above;
    }
    pivot = median();
  }
  return bound;
}

}  // namespace

NearBest::NearBest(int64_t k, float margin)
    : k_(static_cast<size_t>(k)), margin_(margin), threshold_(kLowest), titles_(4 * k_ + 64) {}

std::vector<ScoredTitle> NearBest::found() {
  shrink();
  titles_.resize(size_);
  return std::move(titles_);
}

void NearBest::shrink() {
  if (size_ < k_) return;
  std::vector<float> scores(size_);
  for (size_t i = 0; i < size_; ++i) scores[i] = titles_[i].score;
  threshold_ = std::nextafter(below_best(scores, k_) - margin_, kLowest);
  size_t kept = 0;
  for (size_t i = 0; i < size_; ++i) {
    titles_[kept] = titles_[i];
    kept += titles_[i].score > threshold_;
  }
  size_ = kept;
  if (2 * size_ > titles_.size()) titles_.resize(2 * titles_.size());
}

}  // namespace marquee::inference
