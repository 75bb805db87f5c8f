// Every title whose coarse score is within a margin of the k-th best, gathered during a scan.
#pragma once

#include <cstdint>
#include <vector>

#include "inference/retrieval/retrieval.h"

namespace marquee::inference {

class NearBest {
 public:
  NearBest(int64_t k, float margin);

  // Only a score above this one can still be kept. It never falls.
  float threshold() const { return threshold_; }

  void add(uint32_t title, float score) {
    titles_[size_++] = {title, score};
    if (size_ == titles_.size()) shrink();
  }

  std::vector<ScoredTitle> found();  // once, at the end

 private:
  void shrink();

  const size_t k_;
  const float margin_;
  float threshold_;
  size_t size_ = 0;
  std::vector<ScoredTitle> titles_;
};

}  // namespace marquee::inference
