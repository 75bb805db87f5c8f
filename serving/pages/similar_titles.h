// A cache of lists of similar titles for pages: many users have the same titles in their newest
// history.
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

  // Keeps the `capacity` last used lists, of k titles each. The ranker must outlive this.
  SimilarTitles(const inference::Ranker& ranker, int k, size_t capacity);

  // One list a title, in their order; those that are not in the cache are found in one pass.
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
  mutable std::mutex mutex_;          // guards the members below
  mutable std::list<Entry> entries_;  // the last used first
  mutable std::unordered_map<uint32_t, std::list<Entry>::iterator> index_;
};

}  // namespace marquee::serving
