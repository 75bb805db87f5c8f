#include "serving/store/history_store.h"

#include <condition_variable>
#include <mutex>
#include <thread>

#include "core/log.h"
#include "core/text.h"
#include "core/threads.h"
#include "serving/store/history_backend.h"
#include "serving/store/history_cache.h"

namespace marquee::serving {

namespace {

constexpr size_t kMaxWaiting = 100'000;  // events

}  // namespace

struct HistoryStore::State {
  State(std::unique_ptr<HistoryBackend> kept, size_t cached_users)
      : backend(std::move(kept)), cache(cached_users), writer([this] {
          name_this_thread("store");
          run_writer();
        }) {}

  void submit(HistoryChange change, Done done) {
    std::optional<Error> refused;
    {
      const std::lock_guard guard(mutex);
      if (stopping) {
        refused = system_error("the store is closing");
      } else if (waiting + change.events.size() > kMaxWaiting) {
        refused = system_error("too many events wait to be written");
      } else {
        waiting += change.events.size();
        changes.push_back(std::move(change));
        dones.push_back(std::move(done));
      }
    }
    refused ? done(refused, 0) : ready.notify_one();
  }

  void stop() {
    {
      const std::lock_guard guard(mutex);
      stopping = true;
    }
    ready.notify_one();
    if (writer.joinable()) writer.join();
  }

  void run_writer() {
    while (true) {
      std::vector<HistoryChange> group;
      std::vector<Done> waiting_for_it;
      {
        std::unique_lock guard(mutex);
        ready.wait(guard, [&] { return stopping || !changes.empty(); });
        if (changes.empty()) return;
        group.swap(changes);
        waiting_for_it.swap(dones);
        waiting = 0;
      }
      const std::optional<Error> failed = write(group);
      for (size_t i = 0; i < group.size(); ++i) waiting_for_it[i](failed, group[i].count);
    }
  }

  std::optional<Error> write(std::vector<HistoryChange>& group) {
    std::optional<Error> failed;
    try {
      backend->write(group);
    } catch (const Error& error) {
      log::error(error.what());
      failed = error;
    }
    for (const HistoryChange& change : group) {
      for (const UserEvent& event : change.events) cache.drop(event.user_id);
      if (!change.forgotten.empty()) cache.drop(change.forgotten);
    }
    return failed;
  }

  History history(const std::string& user_id) {
    const auto read = [&]() -> History {
      auto items = backend->read(user_id);
      if (items.empty()) return nullptr;
      return std::make_shared<const std::vector<inference::HistoryItem>>(std::move(items));
    };
    if (backend->is_shared()) return read();
    HistoryCache::Lookup lookup = cache.find(user_id);
    if (lookup.found) return lookup.history;
    History history = read();
    cache.insert(user_id, history, lookup.version);
    return history;
  }

  const std::unique_ptr<HistoryBackend> backend;
  HistoryCache cache;

  std::mutex mutex;  // guards what follows, but the writer
  std::condition_variable ready;
  std::vector<HistoryChange> changes;
  std::vector<Done> dones;  // of the changes
  size_t waiting = 0;       // events in changes
  bool stopping = false;
  std::thread writer;
};

HistoryStore::HistoryStore(std::unique_ptr<HistoryBackend> backend, size_t cached_users)
    : state_(std::make_unique<State>(std::move(backend), cached_users)) {}

HistoryStore::HistoryStore(const std::filesystem::path& file, size_t cached_users)
    : HistoryStore(sqlite_histories(file), cached_users) {}

HistoryStore::~HistoryStore() { stop(); }

void HistoryStore::append(std::vector<UserEvent> events, Done done) {
  state_->submit({.events = std::move(events)}, std::move(done));
}

void HistoryStore::forget(const std::string& user_id, Done done) {
  state_->submit({.forgotten = user_id}, std::move(done));
}

void HistoryStore::stop() { state_->stop(); }

HistoryStore::History HistoryStore::history(const std::string& user_id) const {
  return state_->history(user_id);
}

HistoryStore::Counts HistoryStore::counts() const { return state_->cache.counts(); }

}  // namespace marquee::serving
