// Histories in Redis: one hash a user, from event ids to events, so that writing an event again
// changes nothing and forgetting is one command. A group of changes is one MULTI.
#include <algorithm>
#include <charconv>
#include <chrono>
#include <cmath>
#include <mutex>
#include <set>
#include <utility>

#include "core/error.h"
#include "core/text.h"
#include "serving/store/all_histories.h"
#include "serving/store/history_backend.h"
#include "serving/store/redis_connection.h"

namespace marquee::serving {

using inference::HistoryItem;

namespace {

constexpr std::string_view kHistories = "marquee:history:";
std::string key_of(const std::string& user_id) { return cat(kHistories, user_id); }
std::string choice_key(const std::string& user_id) { return "marquee:without_profile:" + user_id; }

// "TIMESTAMP ARRIVED EVENT VALUE TITLE": arrived, in microseconds, orders events of one timestamp;
// a value of "-" is none.
std::string packed(const HistoryItem& item, int64_t arrived) {
  std::string value = "-";
  if (!std::isnan(item.value)) {
    char digits[32];  // the fewest that give the same number again
    value.assign(digits, std::to_chars(digits, digits + sizeof digits, item.value).ptr);
  }
  return cat(item.timestamp.value(), ' ', arrived, ' ', data::name(item.event), ' ', value, ' ',
             item.title_id);
}

struct Kept {
  int64_t arrived = 0;
  HistoryItem item;
};

Kept unpacked(std::string_view text) {
  std::string_view words[4];
  for (std::string_view& word : words) {
    const size_t blank = text.find(' ');
    if (blank == std::string_view::npos) throw system_error("Redis: an event of another program");
    word = text.substr(0, blank);
    text.remove_prefix(blank + 1);
  }
  Kept kept;
  int64_t timestamp = 0;
  std::from_chars(words[0].data(), words[0].data() + words[0].size(), timestamp);
  std::from_chars(words[1].data(), words[1].data() + words[1].size(), kept.arrived);
  kept.item.title_id = text;
  kept.item.timestamp = timestamp;
  kept.item.event = data::parse_event(words[2]).value_or(data::Event::kPlay);
  if (words[3] != "-") {
    std::from_chars(words[3].data(), words[3].data() + words[3].size(), kept.item.value);
  }
  return kept;
}

// The newest `most` of a hash's values, oldest first.
std::vector<HistoryItem> oldest_first(const redisReply& values, size_t most) {
  std::vector<Kept> all;
  for (size_t i = 0; i < values.elements; ++i) all.push_back(unpacked(text(values.element[i])));
  std::sort(all.begin(), all.end(), [](const Kept& a, const Kept& b) {
    return std::pair(a.item.timestamp, a.arrived) < std::pair(b.item.timestamp, b.arrived);
  });
  std::vector<HistoryItem> items;
  for (size_t i = all.size() - std::min(all.size(), most); i < all.size(); ++i) {
    items.push_back(std::move(all[i].item));
  }
  return items;
}

class RedisHistories : public HistoryBackend {
 public:
  explicit RedisHistories(const std::string& url) : address_(parse_redis_address(url)) {
    with_connection([](RedisConnection& connection) { connection.request({"PING"}); });
  }

  bool is_shared() const override { return true; }

  void write(std::span<HistoryChange> changes) override {
    with_connection([&](RedisConnection& connection) {
      write(connection, changes);
      for (HistoryChange& change : changes) {
        if (!change.expired.empty()) remove_expired(connection, change);
      }
    });
  }

  bool without_profile(const std::string& user_id) override {
    bool chosen = false;
    with_connection([&](RedisConnection& connection) {
      chosen = connection.request({"EXISTS", choice_key(user_id)})->integer != 0;
    });
    return chosen;
  }

  StoredUser read(const std::string& user_id, int64_t most) override {
    StoredUser user;
    with_connection([&](RedisConnection& connection) {
      connection.send({"HVALS", key_of(user_id)});
      connection.send({"EXISTS", choice_key(user_id)});
      const RedisReply reply = connection.receive();
      user.without_profile = connection.receive()->integer != 0;
      user.history = oldest_first(*reply, static_cast<size_t>(most));
    });
    return user;
  }

 private:
  void write(RedisConnection& connection, std::span<HistoryChange> changes) {
    using namespace std::chrono;
    const auto now = duration_cast<microseconds>(system_clock::now().time_since_epoch()).count();
    last_ = std::max(last_ + 1, int64_t{now});
    size_t commands = 1;
    connection.send({"MULTI"});
    for (const HistoryChange& change : changes) {
      for (const UserEvent& event : change.events) {
        connection.send(
            {"HSETNX", key_of(event.user_id), event.event_id, packed(event.item, last_++)});
        ++commands;
      }
      if (!change.chooser.empty()) {
        const std::string key = choice_key(change.chooser);
        change.without_profile ? connection.send({"SET", key, "1"}) : connection.send({"DEL", key});
        ++commands;
      }
      if (change.forgotten.empty()) continue;
      connection.send({"HLEN", key_of(change.forgotten)});
      connection.send({"DEL", key_of(change.forgotten), choice_key(change.forgotten)});
      commands += 2;
    }
    connection.send({"EXEC"});
    for (size_t i = 0; i < commands; ++i) connection.receive();
    const RedisReply done = connection.receive();
    if (done->type != REDIS_REPLY_ARRAY) throw system_error("Redis: nothing was written");
    size_t at = 0;
    const auto next = [&] {
      const redisReply* each = done->element[at++];
      if (each->type == REDIS_REPLY_ERROR) throw system_error(cat("Redis: ", text(each)));
      return int64_t{each->integer};
    };
    for (HistoryChange& change : changes) {
      change.count = 0;
      for (size_t i = 0; i < change.events.size(); ++i) change.count += next();
      if (!change.chooser.empty()) next();
      if (change.forgotten.empty()) continue;
      change.count += next();
      next();
    }
  }

  // Looks at a few histories more; after the last one begins again with the next call.
  void remove_expired(RedisConnection& connection, HistoryChange& change) {
    const RedisReply found =
        connection.request({"SCAN", cursor_, "MATCH", cat(kHistories, "*"), "COUNT", "1000"});
    const redisReply& keys = *found->element[1];
    for (size_t i = 0; i < keys.elements; ++i) {
      connection.send({"HGETALL", std::string(text(keys.element[i]))});
    }
    std::vector<std::vector<std::string>> removals;
    for (size_t i = 0; i < keys.elements; ++i) {
      std::vector<std::string> removal = {"HDEL", std::string(text(keys.element[i]))};
      const RedisReply events = connection.receive();  // ids and events in turn
      for (size_t e = 0; e + 1 < events->elements; e += 2) {
        if (!is_expired(unpacked(text(events->element[e + 1])).item, change.expired)) continue;
        removal.emplace_back(text(events->element[e]));
      }
      if (removal.size() > 2) removals.push_back(std::move(removal));
    }
    for (const auto& removal : removals) connection.send(removal);
    for (size_t i = 0; i < removals.size(); ++i) change.count += connection.receive()->integer;
    cursor_ = text(found->element[0]);
    change.more = cursor_ != "0";
  }

  static bool is_expired(const HistoryItem& item, const std::vector<Expired>& expired) {
    return std::ranges::any_of(expired, [&](const Expired& each) {
      return item.event == each.event && item.timestamp < each.before;
    });
  }

  // A connection that was open may have ended meanwhile: tries once more with a new one. Doing the
  // body twice has the effect of doing it once.
  template <typename Body>
  void with_connection(const Body& body) {
    if (auto connection = taken()) {
      try {
        body(*connection);
        give_back(std::move(connection));
        return;
      } catch (const Error&) {
        const std::lock_guard guard(mutex_);
        free_.clear();
      }
    }
    auto connection = std::make_unique<RedisConnection>(address_);
    body(*connection);
    give_back(std::move(connection));
  }

  std::unique_ptr<RedisConnection> taken() {
    const std::lock_guard guard(mutex_);
    if (free_.empty()) return nullptr;
    auto connection = std::move(free_.back());
    free_.pop_back();
    return connection;
  }

  void give_back(std::unique_ptr<RedisConnection> connection) {
    const std::lock_guard guard(mutex_);
    free_.push_back(std::move(connection));
  }

  const RedisAddress address_;
  std::mutex mutex_;  // guards free_
  std::vector<std::unique_ptr<RedisConnection>> free_;
  int64_t last_ = 0;          // the writer's
  std::string cursor_ = "0";  // the writer's, of the histories looked at for what is expired
};

}  // namespace

std::unique_ptr<HistoryBackend> redis_histories(const std::string& url) {
  return std::make_unique<RedisHistories>(url);
}

namespace {

// A key may come more than once.
std::vector<std::string> keys_like(RedisConnection& connection, const std::string& pattern) {
  std::set<std::string> keys;
  std::string cursor = "0";
  do {
    const RedisReply found =
        connection.request({"SCAN", cursor, "MATCH", pattern, "COUNT", "1000"});
    for (size_t i = 0; i < found->element[1]->elements; ++i) {
      keys.emplace(text(found->element[1]->element[i]));
    }
    cursor = text(found->element[0]);
  } while (cursor != "0");
  return {keys.begin(), keys.end()};
}

}  // namespace

HistoryCounts read_redis_histories(const std::string& url, const TakeHistory& take) {
  constexpr size_t kAtOnce = 256;
  RedisConnection connection(parse_redis_address(url));
  HistoryCounts counts;
  const std::vector<std::string> keys = keys_like(connection, cat(kHistories, "*"));
  for (size_t begin = 0; begin < keys.size(); begin += kAtOnce) {
    const size_t end = std::min(keys.size(), begin + kAtOnce);
    for (size_t i = begin; i < end; ++i) {
      connection.send({"HVALS", keys[i]});
      connection.send({"EXISTS", choice_key(keys[i].substr(kHistories.size()))});
    }
    for (size_t i = begin; i < end; ++i) {
      const std::vector<HistoryItem> history = oldest_first(*connection.receive(), SIZE_MAX);
      const bool without_profile = connection.receive()->integer != 0;
      counts.without_profile += without_profile;
      if (without_profile || history.empty()) continue;
      ++counts.users;
      counts.events += std::ssize(history);
      take(keys[i].substr(kHistories.size()), history);
    }
  }
  return counts;
}

}  // namespace marquee::serving
