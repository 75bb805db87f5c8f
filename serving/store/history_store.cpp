#include "serving/store/history_store.h"

#include <chrono>
#include <condition_variable>
#include <ctime>
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
constexpr std::chrono::hours kBetweenExpiries(1);
constexpr int64_t kDay = 86'400;

std::vector<Expired> expired_now(const HistoryStore::KeepDays& keep_days) {
  std::vector<Expired> expired;
  for (size_t event = 0; event < keep_days.size(); ++event) {
    if (keep_days[event] == 0) continue;
    expired.push_back(
        {static_cast<data::Event>(event), std::time(nullptr) - keep_days[event] * kDay});
  }
  return expired;
}

}  // namespace

struct HistoryStore::State {
  State(std::unique_ptr<HistoryBackend> kept, size_t cached_users, const KeepDays& days)
      : backend(std::move(kept)), cache(cached_users), keep_days(days), writer([this] {
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
        ready.wait_until(guard, next_expiry, [&] { return stopping || !changes.empty(); });
        if (changes.empty() && stopping) return;
        group.swap(changes);
        waiting_for_it.swap(dones);
        waiting = 0;
      }
      expire();
      if (group.empty()) continue;
      const std::optional<Error> failed = write(group);
      for (size_t i = 0; i < group.size(); ++i) waiting_for_it[i](failed, group[i].count);
    }
  }

  // Where it is time to: a part of what is expired, so that nobody waits long; then others'
  // changes, then the next part.
  void expire() {
    if (std::chrono::steady_clock::now() < next_expiry) return;
    next_expiry = std::chrono::steady_clock::now() + kBetweenExpiries;
    std::vector<HistoryChange> group(1);
    HistoryChange& change = group.front();
    change.expired = expired_now(keep_days);
    if (change.expired.empty()) return;
    const bool failed = write(group).has_value();
    if (failed || change.count > 0) cache.clear();
    expired += change.count;
    if (!failed && change.more) {
      next_expiry = {};
    } else if (expired > 0) {
      log::info(cat("removed ", grouped(expired), " events that are older than they are kept"));
      expired = 0;
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
      if (!change.chooser.empty()) cache.drop(change.chooser);
    }
    return failed;
  }

  // Null: nothing is kept of them.
  std::shared_ptr<const StoredUser> user(const std::string& user_id) {
    const auto read = [&]() -> std::shared_ptr<const StoredUser> {
      auto stored = backend->read(user_id);
      if (stored.empty()) return nullptr;
      return std::make_shared<const StoredUser>(std::move(stored));
    };
    if (backend->is_shared()) return read();
    HistoryCache::Lookup lookup = cache.find(user_id);
    if (lookup.found) return lookup.user;
    auto stored = read();
    cache.insert(user_id, stored, lookup.version);
    return stored;
  }

  const std::unique_ptr<HistoryBackend> backend;
  HistoryCache cache;
  const KeepDays keep_days;
  std::chrono::steady_clock::time_point next_expiry{};  // the writer's
  int64_t expired = 0;                                  // the same, since it began

  std::mutex mutex;  // guards what follows, but the writer
  std::condition_variable ready;
  std::vector<HistoryChange> changes;
  std::vector<Done> dones;  // of the changes
  size_t waiting = 0;       // events in changes
  bool stopping = false;
  std::thread writer;
};

HistoryStore::HistoryStore(std::unique_ptr<HistoryBackend> backend, size_t cached_users,
                           const KeepDays& keep_days)
    : state_(std::make_unique<State>(std::move(backend), cached_users, keep_days)) {}

HistoryStore::HistoryStore(const std::filesystem::path& file, size_t cached_users)
    : HistoryStore(sqlite_histories(file), cached_users) {}

HistoryStore::~HistoryStore() { stop(); }

void HistoryStore::append(std::vector<UserEvent> events, Done done) {
  state_->submit({.events = std::move(events)}, std::move(done));
}

void HistoryStore::forget(const std::string& user_id, Done done) {
  state_->submit({.forgotten = user_id}, std::move(done));
}

void HistoryStore::choose(const std::string& user_id, bool without_profile, Done done) {
  state_->submit({.chooser = user_id, .without_profile = without_profile}, std::move(done));
}

void HistoryStore::stop() { state_->stop(); }

HistoryStore::History HistoryStore::history(const std::string& user_id) const {
  const auto user = state_->user(user_id);
  return user && !user->history.empty() ? History(user, &user->history) : nullptr;
}

bool HistoryStore::without_profile(const std::string& user_id) const {
  if (state_->backend->is_shared()) return state_->backend->without_profile(user_id);
  const auto user = state_->user(user_id);
  return user && user->without_profile;
}

HistoryStore::Counts HistoryStore::counts() const { return state_->cache.counts(); }

}  // namespace marquee::serving
