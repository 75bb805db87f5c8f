// Where histories are kept: in a file of this server, or in a Redis that several servers share.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "serving/store/history_store.h"

namespace marquee::serving {

// Events of a kind that are older than it is kept.
struct Expired {
  data::Event event = data::Event::kPlay;
  int64_t before = 0;  // Unix seconds
};

// One of them: events to keep, a user to forget, a user who chooses, or events to remove.
struct HistoryChange {
  std::vector<UserEvent> events = {};
  std::string forgotten = {};
  std::string chooser = {};  // whether their history may be read: without_profile
  bool without_profile = false;
  std::vector<Expired> expired = {};  // some of them are removed: kExpiredAtOnce at most
  int64_t count = 0;                  // after write(): events that were new, or were removed
  bool more = false;                  // after write(): there may be more that are expired
};
inline constexpr int64_t kExpiredAtOnce = 10'000;

class HistoryBackend {
 public:
  virtual ~HistoryBackend() = default;

  // All of them or none, kept when it returns. Called by one thread. Throws Error.
  virtual void write(std::span<HistoryChange> changes) = 0;

  // The history oldest first, the newest `most`. Called by several threads. Throws Error.
  virtual StoredUser read(const std::string& user_id, int64_t most = inference::kMaxHistory) = 0;

  // Whether the user chose that the history is not read, without reading it. As read().
  virtual bool without_profile(const std::string& user_id) = 0;

  // Whether other servers write as well, so that a history that was read may soon be out of date.
  virtual bool is_shared() const = 0;
};

// Opens or makes the file. Throws Error: it cannot be written, is not a store of this program, was
// made by a newer one, or another process has it open.
std::unique_ptr<HistoryBackend> sqlite_histories(const std::filesystem::path& file);

// "redis://HOST[:PORT][/DATABASE]"; the password is MARQUEE_REDIS_PASSWORD, where there is one.
// What was written survives what Redis is configured to survive. Throws Error: the address is not
// valid, or no Redis answers there.
std::unique_ptr<HistoryBackend> redis_histories(const std::string& url);

// In this process alone: gone when it ends. For simulations and tests.
std::unique_ptr<HistoryBackend> memory_histories();

}  // namespace marquee::serving
