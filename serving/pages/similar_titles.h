// Titles like those that pages are about, remembered: most members watched some of the same titles
// lately.
#pragma once

#include <list>
#include <memory>
#include <mutex>
#include <span>
#include <unordered_map>
#include <vector>

#include "inference/ranker.h"

namespace marquee::serving {

// Safe to use from several threads.
class SimilarTitles {
 public:
  using List = std::shared_ptr<const std::vector<inference::ScoredTitle>>;

  // Lists of k titles, the `capacity` last asked for kept. The ranker must outlive this.
  SimilarTitles(const inference::Ranker& ranker, int k, size_t capacity);

  // One list a title, in their order; those that are not remembered are found in one pass.
  std::vector<List> of(std::span<const uint32_t> titles) const;

 private:
  struct Entry {
    uint32_t title;
    List list;
  };
  List find(uint32_t title) const;
  void remember(uint32_t title, const List& list) const;

  const inference::Ranker& ranker_;
  const int k_;
  const size_t capacity_;
  mutable std::mutex mutex_;          // guards what follows
  mutable std::list<Entry> entries_;  // used last first
  mutable std::unordered_map<uint32_t, std::list<Entry>::iterator> index_;
};

}  // namespace marquee::serving
