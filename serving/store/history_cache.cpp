#include "serving/store/history_cache.h"

namespace marquee::serving {

HistoryCache::Lookup HistoryCache::find(const std::string& user_id) {
  Shard& shard = shard_of(user_id);
  const std::lock_guard lock(shard.mutex);
  const auto found = shard.index.find(user_id);
  if (found == shard.index.end()) {
    ++misses_;
    return {.version = shard.version};
  }
  ++hits_;
  shard.entries.splice(shard.entries.begin(), shard.entries, found->second);
  return {true, found->second->user, shard.version};
}

void HistoryCache::insert(const std::string& user_id, std::shared_ptr<const StoredUser> user,
                          uint64_t version) {
  Shard& shard = shard_of(user_id);
  const std::lock_guard lock(shard.mutex);
  if (shard.version != version || shard.index.contains(user_id)) return;
  shard.entries.push_front({user_id, std::move(user)});
  shard.index.emplace(shard.entries.front().user_id, shard.entries.begin());
  if (shard.entries.size() <= users_a_shard_) return;
  shard.index.erase(shard.entries.back().user_id);
  shard.entries.pop_back();
}

void HistoryCache::drop(const std::string& user_id) {
  Shard& shard = shard_of(user_id);
  const std::lock_guard lock(shard.mutex);
  ++shard.version;
  const auto found = shard.index.find(user_id);
  if (found == shard.index.end()) return;
  const auto entry = found->second;
  shard.index.erase(found);
  shard.entries.erase(entry);
}

void HistoryCache::clear() {
  for (Shard& shard : shards_) {
    const std::lock_guard lock(shard.mutex);
    ++shard.version;
    shard.index.clear();
    shard.entries.clear();
  }
}

HistoryStore::Counts HistoryCache::counts() const {
  HistoryStore::Counts counts{.hits = hits_, .misses = misses_};
  for (const Shard& shard : shards_) {
    const std::lock_guard lock(shard.mutex);
    counts.cached += static_cast<int64_t>(shard.entries.size());
  }
  return counts;
}

}  // namespace marquee::serving
