#include "inference/store/history_store.h"

#include <algorithm>
#include <cmath>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>

#include "core/artefact.h"
#include "core/log.h"
#include "core/text.h"
#include "core/threads.h"
#include "inference/store/database.h"
#include "inference/store/history_cache.h"

namespace marquee::store {

namespace fs = std::filesystem;
using inference::HistoryItem;

namespace {

constexpr int64_t kApplication = 0x4d617271;  // "Marq", in the file's header
constexpr int64_t kStoreSchema = 1;
constexpr size_t kMaxWaiting = 100'000;  // events

constexpr const char* kTables = R"sql(
  CREATE TABLE events (
    sequence INTEGER PRIMARY KEY,
    event_id TEXT NOT NULL UNIQUE,
    user_id TEXT NOT NULL,
    title_id TEXT NOT NULL,
    timestamp INTEGER NOT NULL,
    event TEXT NOT NULL,
    value REAL);
  CREATE INDEX events_of_user ON events (user_id, timestamp, sequence);
)sql";

// The writer's connection: journal, tables and the version of both.
Database opened(const fs::path& file) {
  Database database(file);
  const bool is_new = pragma(database, "schema_version") == 0;
  const int64_t application = pragma(database, "application_id");
  const int64_t schema = pragma(database, "user_version");
  if (!is_new && application != kApplication) {
    throw artefact_error(cat(file.string(), " is a database of another program"));
  }
  if (schema > kStoreSchema) {
    throw artefact_error(cat(file.string(), " was made by a newer version of this program"));
  }
  database.run("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA secure_delete = ON");
  if (is_new) {
    database.run(cat("BEGIN;", kTables, "PRAGMA application_id = ", kApplication,
                     "; PRAGMA user_version = ", kStoreSchema, "; COMMIT"));
  }
  return database;
}

// A connection that reads one history at a time.
class Reader {
 public:
  explicit Reader(const fs::path& file)
      : database_(file),
        newest_(database_,
                "SELECT title_id, timestamp, event, value FROM events WHERE user_id = ? "
                "ORDER BY timestamp DESC, sequence DESC LIMIT ?") {}

  HistoryStore::History read(const std::string& user_id) {
    std::vector<HistoryItem> items;
    newest_.bind(1, user_id);
    newest_.bind(2, int64_t{inference::kMaxHistory});
    while (newest_.step()) {
      HistoryItem& item = items.emplace_back();
      item.title_id = newest_.text(0);
      item.timestamp = newest_.integer(1);
      item.event = data::parse_event(newest_.text(2)).value_or(data::Event::kPlay);
      if (!newest_.is_null(3)) item.value = static_cast<float>(newest_.real(3));
    }
    newest_.reset();
    if (items.empty()) return nullptr;
    std::reverse(items.begin(), items.end());
    return std::make_shared<const std::vector<HistoryItem>>(std::move(items));
  }

 private:
  Database database_;
  Statement newest_;
};

struct Task {
  std::vector<inference::MemberEvent> events = {};
  std::string forgotten = {};  // a member instead of events
  HistoryStore::Done done;
  int64_t count = 0;
};

}  // namespace

struct HistoryStore::State {
  State(const fs::path& path, size_t cached_members)
      : file(path),
        lock(fs::path(path) += ".lock", cat("the store ", path.string())),
        cache(cached_members),
        database(opened(path)),
        insert(database,
               "INSERT INTO events (event_id, user_id, title_id, timestamp, event, value) "
               "VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (event_id) DO NOTHING"),
        remove(database, "DELETE FROM events WHERE user_id = ?"),
        writer([this] {
          name_this_thread("store");
          write_what_comes();
        }) {}

  void ask(Task task) {
    std::optional<Error> refused;
    {
      const std::lock_guard guard(mutex);
      if (stopping) {
        refused = system_error("the store is closing");
      } else if (waiting + task.events.size() > kMaxWaiting) {
        refused = system_error("too many events wait to be written");
      } else {
        waiting += task.events.size();
        tasks.push_back(std::move(task));
      }
    }
    refused ? task.done(refused, 0) : ready.notify_one();
  }

  void stop() {
    {
      const std::lock_guard guard(mutex);
      stopping = true;
    }
    ready.notify_one();
    if (writer.joinable()) writer.join();
  }

  void write_what_comes() {
    while (true) {
      std::deque<Task> group;
      {
        std::unique_lock guard(mutex);
        ready.wait(guard, [&] { return stopping || !tasks.empty(); });
        if (tasks.empty()) return;
        group.swap(tasks);
        waiting = 0;
      }
      const std::optional<Error> failed = write(group);
      for (Task& task : group) task.done(failed, task.count);
    }
  }

  // One transaction for all of them.
  std::optional<Error> write(std::deque<Task>& group) {
    bool forgets = false;
    try {
      database.run("BEGIN IMMEDIATE");
      for (Task& task : group) {
        for (const inference::MemberEvent& event : task.events) task.count += write(event);
        if (!task.forgotten.empty()) task.count += erase(task.forgotten);
        forgets |= !task.forgotten.empty();
      }
      database.run("COMMIT");
      for (const Task& task : group) {
        for (const inference::MemberEvent& event : task.events) cache.drop(event.user_id);
        if (!task.forgotten.empty()) cache.drop(task.forgotten);
      }
      // What was deleted stands in the journal until it is emptied.
      if (forgets) empty_journal();
      return std::nullopt;
    } catch (const Error& error) {
      insert.reset();
      remove.reset();
      sqlite3_exec(database.handle(), "ROLLBACK", nullptr, nullptr, nullptr);
      log::error(error.what());
      return error;
    }
  }

  int64_t write(const inference::MemberEvent& event) {
    insert.bind(1, event.event_id);
    insert.bind(2, event.user_id);
    insert.bind(3, event.item.title_id);
    insert.bind(4, event.item.timestamp.value());
    insert.bind(5, data::name(event.item.event));
    if (std::isnan(event.item.value)) {
      insert.bind_null(6);
    } else {
      insert.bind(6, double{event.item.value});
    }
    insert.step();
    insert.reset();
    return database.changes();
  }

  int64_t erase(const std::string& user_id) {
    remove.bind(1, user_id);
    remove.step();
    remove.reset();
    return database.changes();
  }

  void empty_journal() {
    if (pragma(database, "wal_checkpoint(TRUNCATE)") != 0) {
      throw system_error(cat(file.string(),
                             ": the member is removed, but the journal is in use "
                             "and may still hold what was; forget them again"));
    }
  }

  History history(const std::string& user_id) {
    HistoryCache::Lookup lookup = cache.find(user_id);
    if (lookup.found) return lookup.history;
    const auto reader = borrow();
    History read = reader->read(user_id);
    cache.insert(user_id, read, lookup.version);
    give_back(reader);
    return read;
  }

  std::shared_ptr<Reader> borrow() {
    {
      const std::lock_guard guard(readers_mutex);
      if (!readers.empty()) {
        auto reader = std::move(readers.back());
        readers.pop_back();
        return reader;
      }
    }
    return std::make_shared<Reader>(file);
  }

  void give_back(std::shared_ptr<Reader> reader) {
    const std::lock_guard guard(readers_mutex);
    readers.push_back(std::move(reader));
  }

  const fs::path file;
  const FileLock lock;
  HistoryCache cache;

  std::mutex readers_mutex;
  std::vector<std::shared_ptr<Reader>> readers;

  std::mutex mutex;
  std::condition_variable ready;
  std::deque<Task> tasks;
  size_t waiting = 0;  // events in tasks
  bool stopping = false;

  // The writer's own.
  Database database;
  Statement insert, remove;
  std::thread writer;
};

HistoryStore::HistoryStore(const fs::path& file, size_t cached_members)
    : state_(std::make_unique<State>(file, cached_members)) {}

HistoryStore::~HistoryStore() { stop(); }

void HistoryStore::append(std::vector<inference::MemberEvent> events, Done done) {
  state_->ask({.events = std::move(events), .done = std::move(done)});
}

void HistoryStore::forget(const std::string& user_id, Done done) {
  state_->ask({.forgotten = user_id, .done = std::move(done)});
}

void HistoryStore::stop() { state_->stop(); }

HistoryStore::History HistoryStore::history(const std::string& user_id) const {
  return state_->history(user_id);
}

HistoryStore::Counts HistoryStore::counts() const { return state_->cache.counts(); }

}  // namespace marquee::store
