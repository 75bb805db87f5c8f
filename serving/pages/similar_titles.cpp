#include "serving/pages/similar_titles.h"

#include <algorithm>

namespace marquee::serving {

SimilarTitles::SimilarTitles(const inference::Ranker& ranker, int k, size_t capacity)
    : ranker_(ranker), k_(k), capacity_(capacity) {}

std::vector<SimilarTitles::List> SimilarTitles::of(std::span<const uint32_t> titles) const {
  std::unordered_map<uint32_t, List> lists;
  std::vector<uint32_t> missing;
  for (const uint32_t title : titles) {
    if (lists.contains(title)) continue;
    lists[title] = find(title);
    if (!lists[title]) missing.push_back(title);
  }
  auto found = ranker_.similar(missing, k_);
  for (size_t i = 0; i < missing.size(); ++i) {
    List& list = lists[missing[i]];
    list = std::make_shared<const std::vector<inference::ScoredTitle>>(std::move(found[i]));
    remember(missing[i], list);
  }
  std::vector<List> in_order;
  for (const uint32_t title : titles) in_order.push_back(lists[title]);
  return in_order;
}

SimilarTitles::List SimilarTitles::find(uint32_t title) const {
  const std::lock_guard lock(mutex_);
  const auto found = index_.find(title);
  if (found == index_.end()) return nullptr;
  entries_.splice(entries_.begin(), entries_, found->second);
  return found->second->list;
}

void SimilarTitles::remember(uint32_t title, const List& list) const {
  const std::lock_guard lock(mutex_);
  if (index_.contains(title)) return;  // another thread was faster
  entries_.push_front({title, list});
  index_[title] = entries_.begin();
  if (entries_.size() <= capacity_) return;
  index_.erase(entries_.back().title);
  entries_.pop_back();
}

}  // namespace marquee::serving
