// Keeps the events of users durably: one writer, which puts all waiting changes into one
// transaction of the backend (history_backend.h), and a cache in front. In a file, an event that
// was acknowledged survives kill -9 and, if the disk flushes when it reports so, a power cut.
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/error.h"
#include "serving/store/user_event.h"

namespace marquee::serving {

class HistoryBackend;

// What is kept of a user.
struct StoredUser {
  std::vector<inference::HistoryItem> history;
  bool without_profile = false;  // the user's choice: the history is kept, and not read for answers

  bool empty() const { return history.empty() && !without_profile; }
};

class HistoryStore {
 public:
  using History = std::shared_ptr<const std::vector<inference::HistoryItem>>;
  // Called once, on the writer's thread: with an Error if nothing was written; else with the number
  // of events that were new, or rows that were removed.
  using Done = std::function<void(const std::optional<Error>&, int64_t count)>;

  // `keep_days` by kind of event, 0: for good; enforced at the start and then every hour.
  using KeepDays = std::array<int, data::kEvents>;
  explicit HistoryStore(std::unique_ptr<HistoryBackend> backend, size_t cached_users = 100'000,
                        const KeepDays& keep_days = {});
  // In a file: throws as sqlite_histories.
  explicit HistoryStore(const std::filesystem::path& file, size_t cached_users = 100'000);
  ~HistoryStore();  // as stop()
  HistoryStore(const HistoryStore&) = delete;
  HistoryStore& operator=(const HistoryStore&) = delete;

  // All of them or none. Once `done` is called, history() shows them.
  void append(std::vector<UserEvent> events, Done done);

  // Removes every trace of the user: from a file and its journal, and from the cache.
  void forget(const std::string& user_id, Done done);

  // Keeps the choice whether answers may be made from the user's history.
  void choose(const std::string& user_id, bool without_profile, Done done);

  // Finishes the changes that were submitted. Later ones are answered with an Error.
  void stop();

  // Oldest first, the newest kMaxHistory; null for a user without events. Safe to call from
  // several threads. Throws Error (system) if it cannot be read.
  History history(const std::string& user_id) const;
  bool without_profile(const std::string& user_id) const;  // the user's choice; throws the same

  struct Counts {
    int64_t cached = 0, hits = 0, misses = 0;
  };
  Counts counts() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace marquee::serving
