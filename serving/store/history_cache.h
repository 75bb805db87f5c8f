// Histories of recently active users, in shards with a lock each.
#pragma once

#include <array>
#include <atomic>
#include <list>
#include <mutex>
#include <string>
#include <unordered_map>

#include "serving/store/history_store.h"

namespace marquee::serving {

class HistoryCache {
 public:
  explicit HistoryCache(size_t users) : users_a_shard_(users / kShards + 1) {}

  struct Lookup {
    bool found = false;
    std::shared_ptr<const StoredUser> user = {};  // null: nothing is kept of them
    uint64_t version = 0;                         // of the shard: for insert()
  };
  Lookup find(const std::string& user_id);

  // Does nothing if the shard had a drop() since `version`: the history may be out of date.
  void insert(const std::string& user_id, std::shared_ptr<const StoredUser> user, uint64_t version);

  void drop(const std::string& user_id);
  void clear();

  HistoryStore::Counts counts() const;

 private:
  struct Entry {
    std::string user_id;
    std::shared_ptr<const StoredUser> user;
  };
  struct Shard {
    mutable std::mutex mutex;                                                // guards what follows
    std::list<Entry> entries;                                                // the last used first
    std::unordered_map<std::string_view, std::list<Entry>::iterator> index;  // views the entries
    uint64_t version = 0;
  };
  static constexpr size_t kShards = 64;

  Shard& shard_of(const std::string& user_id) {
    return shards_[std::hash<std::string>()(user_id) % kShards];
  }

  const size_t users_a_shard_;
  std::array<Shard, kShards> shards_;
  std::atomic<int64_t> hits_ = 0, misses_ = 0;
};

}  // namespace marquee::serving
