#include <algorithm>
#include <array>
#include <mutex>
#include <unordered_map>
#include <unordered_set>

#include "serving/store/history_backend.h"

namespace marquee::serving {

namespace {

constexpr size_t kShards = 64;

// Users in shards with a lock each. The same event_id is the same event, as in a file.
class MemoryHistories : public HistoryBackend {
 public:
  // So that nothing is kept twice: the cache in front is for backends that are slow to read.
  bool is_shared() const override { return true; }

  void write(std::span<HistoryChange> changes) override {
    for (HistoryChange& change : changes) {
      change.count = 0;
      for (const UserEvent& event : change.events) change.count += add(event);
      if (!change.forgotten.empty()) change.count += erase(change.forgotten);
      if (!change.chooser.empty()) choose(change.chooser, change.without_profile);
      for (const Expired& expired : change.expired) change.count += remove(expired);
    }
  }

  bool without_profile(const std::string& user_id) override {
    return read(user_id, 0).without_profile;
  }

  StoredUser read(const std::string& user_id, int64_t most) override {
    Shard& shard = shard_of(user_id);
    const std::lock_guard guard(shard.mutex);
    const auto user = shard.users.find(user_id);
    if (user == shard.users.end()) return {};
    const auto& items = user->second.items;
    return {{items.end() - std::min<std::ptrdiff_t>(std::ssize(items), most), items.end()},
            user->second.without_profile};
  }

 private:
  struct User {
    std::vector<inference::HistoryItem> items;  // oldest first
    std::unordered_set<std::string> events;
    bool without_profile = false;
  };
  struct Shard {
    std::mutex mutex;  // guards users
    std::unordered_map<std::string, User> users;
  };

  Shard& shard_of(const std::string& user_id) {
    return shards_[std::hash<std::string>()(user_id) % kShards];
  }

  int64_t add(const UserEvent& event) {
    Shard& shard = shard_of(event.user_id);
    const std::lock_guard guard(shard.mutex);
    User& user = shard.users[event.user_id];
    if (!user.events.insert(event.event_id).second) return 0;
    const auto after = std::upper_bound(
        user.items.begin(), user.items.end(), event.item.timestamp,
        [](const auto& time, const inference::HistoryItem& item) { return time < item.timestamp; });
    user.items.insert(after, event.item);
    return 1;
  }

  int64_t erase(const std::string& user_id) {
    Shard& shard = shard_of(user_id);
    const std::lock_guard guard(shard.mutex);
    const auto user = shard.users.find(user_id);
    if (user == shard.users.end()) return 0;
    const auto removed = std::ssize(user->second.items);
    shard.users.erase(user);
    return removed;
  }

  void choose(const std::string& user_id, bool without_profile) {
    Shard& shard = shard_of(user_id);
    const std::lock_guard guard(shard.mutex);
    shard.users[user_id].without_profile = without_profile;
  }

  int64_t remove(const Expired& expired) {
    int64_t removed = 0;
    for (Shard& shard : shards_) {
      const std::lock_guard guard(shard.mutex);
      for (auto& [id, user] : shard.users) {
        removed += static_cast<int64_t>(std::erase_if(user.items, [&](const auto& item) {
          return item.event == expired.event && item.timestamp < expired.before;
        }));
      }
    }
    return removed;
  }

  std::array<Shard, kShards> shards_;
};

}  // namespace

std::unique_ptr<HistoryBackend> memory_histories() { return std::make_unique<MemoryHistories>(); }

}  // namespace marquee::serving
