// Histories in one SQLite file, in WAL mode: a group of changes is one transaction.
#include <algorithm>
#include <cmath>
#include <mutex>

#include "core/artefact.h"
#include "core/log.h"
#include "core/text.h"
#include "serving/store/all_histories.h"
#include "serving/store/database.h"
#include "serving/store/history_backend.h"

namespace marquee::serving {

namespace fs = std::filesystem;
using inference::HistoryItem;

namespace {

constexpr int64_t kApplication = 0x4d617271;  // "Marq", in the file's header
constexpr int64_t kStoreSchema = 2;

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
// From schema 2 on: who wants no profile.
constexpr const char* kChoices = "CREATE TABLE without_profile (user_id TEXT PRIMARY KEY);";

// The writer's connection: journal, tables and the version of both.
Database opened(const fs::path& file) {
  Database database(file);
  const bool is_new = pragma(database, "schema_version") == 0;
  const int64_t schema = is_new ? 0 : checked_schema(database, file, {kApplication, kStoreSchema});
  database.run("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA secure_delete = ON");
  if (is_new || schema < kStoreSchema) {
    database.run(cat("BEGIN;", is_new ? kTables : "", kChoices, "PRAGMA application_id = ",
                     kApplication, "; PRAGMA user_version = ", kStoreSchema, "; COMMIT"));
  }
  return database;
}

// Title, timestamp, event and value, from this column on.
HistoryItem item_of(const Statement& row, int column) {
  HistoryItem item;
  item.title_id = row.text(column);
  item.timestamp = row.integer(column + 1);
  item.event = data::parse_event(row.text(column + 2)).value_or(data::Event::kPlay);
  if (!row.is_null(column + 3)) item.value = static_cast<float>(row.real(column + 3));
  return item;
}

// A connection that reads one history at a time.
class Reader {
 public:
  explicit Reader(const fs::path& file)
      : database_(file),
        newest_(database_,
                "SELECT title_id, timestamp, event, value FROM events WHERE user_id = ? "
                "ORDER BY timestamp DESC, sequence DESC LIMIT ?"),
        choice_(database_, "SELECT 1 FROM without_profile WHERE user_id = ?") {}

  StoredUser read(const std::string& user_id, int64_t most) {
    StoredUser user;
    auto& items = user.history;
    newest_.bind(1, user_id);
    newest_.bind(2, most);
    while (newest_.step()) items.push_back(item_of(newest_, 0));
    newest_.reset();
    std::reverse(items.begin(), items.end());
    choice_.bind(1, user_id);
    user.without_profile = choice_.step();
    choice_.reset();
    return user;
  }

 private:
  Database database_;
  Statement newest_, choice_;
};

class SqliteHistories : public HistoryBackend {
 public:
  explicit SqliteHistories(const fs::path& path)
      : file_(path),
        lock_(fs::path(path) += ".lock", cat("the store ", path.string())),
        database_(opened(path)),
        insert_(database_,
                "INSERT INTO events (event_id, user_id, title_id, timestamp, event, value) "
                "VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (event_id) DO NOTHING"),
        remove_(database_, "DELETE FROM events WHERE user_id = ?"),
        decline_(database_,
                 "INSERT INTO without_profile (user_id) VALUES (?) ON CONFLICT DO NOTHING"),
        accept_(database_, "DELETE FROM without_profile WHERE user_id = ?"),
        expire_(database_,
                "DELETE FROM events WHERE sequence IN (SELECT sequence FROM events "
                "WHERE event = ? AND timestamp < ? LIMIT ?)") {}

  bool is_shared() const override { return false; }

  void write(std::span<HistoryChange> changes) override {
    bool forgets = false;
    try {
      database_.run("BEGIN IMMEDIATE");
      for (HistoryChange& change : changes) {
        change.count = 0;
        for (const UserEvent& event : change.events) change.count += write(event);
        if (!change.forgotten.empty()) change.count += erase(change.forgotten);
        if (!change.chooser.empty()) choose(change.chooser, change.without_profile);
        if (!change.expired.empty()) remove_expired(change);
        forgets |= !change.forgotten.empty();
        journal_holds_removed_ |= forgets || (!change.expired.empty() && change.count > 0);
      }
      database_.run("COMMIT");
      // What was deleted stays in the journal until it is emptied.
      if (journal_holds_removed_) empty_journal(forgets);
    } catch (const Error&) {
      for (Statement* each : {&insert_, &remove_, &decline_, &accept_, &expire_}) each->reset();
      sqlite3_exec(database_.handle(), "ROLLBACK", nullptr, nullptr, nullptr);
      throw;
    }
  }

  bool without_profile(const std::string& user_id) override {
    return read(user_id, 0).without_profile;
  }

  StoredUser read(const std::string& user_id, int64_t most) override {
    const auto reader = borrow();
    auto user = reader->read(user_id, most);
    const std::lock_guard guard(mutex_);
    readers_.push_back(reader);
    return user;
  }

 private:
  int64_t write(const UserEvent& event) {
    insert_.bind(1, event.event_id);
    insert_.bind(2, event.user_id);
    insert_.bind(3, event.item.title_id);
    insert_.bind(4, event.item.timestamp.value());
    insert_.bind(5, data::name(event.item.event));
    if (std::isnan(event.item.value)) {
      insert_.bind_null(6);
    } else {
      insert_.bind(6, double{event.item.value});
    }
    insert_.step();
    insert_.reset();
    return database_.changes();
  }

  // With what they chose.
  int64_t erase(const std::string& user_id) {
    choose(user_id, false);
    remove_.bind(1, user_id);
    remove_.step();
    remove_.reset();
    return database_.changes();
  }

  void choose(const std::string& user_id, bool without_profile) {
    Statement& statement = without_profile ? decline_ : accept_;
    statement.bind(1, user_id);
    statement.step();
    statement.reset();
  }

  void remove_expired(HistoryChange& change) {
    // Of a store whose events are kept for good, nobody needs it.
    if (!indexed_by_age_) {
      database_.run("CREATE INDEX IF NOT EXISTS events_by_age ON events (event, timestamp)");
    }
    indexed_by_age_ = true;
    for (const Expired& expired : change.expired) {
      if (change.count >= kExpiredAtOnce) break;
      expire_.bind(1, data::name(expired.event));
      expire_.bind(2, expired.before);
      expire_.bind(3, kExpiredAtOnce - change.count);
      expire_.step();
      expire_.reset();
      change.count += database_.changes();
    }
    change.more = change.count >= kExpiredAtOnce;
  }

  // Tried again with the next change, where it is in use; who forgets somebody has to know.
  void empty_journal(bool forgets) {
    journal_holds_removed_ = pragma(database_, "wal_checkpoint(TRUNCATE)") != 0;
    if (journal_holds_removed_ && forgets) {
      throw system_error(cat(file_.string(),
                             ": the user is removed, but the journal is in use "
                             "and may still hold their events; forget them again"));
    }
  }

  std::shared_ptr<Reader> borrow() {
    {
      const std::lock_guard guard(mutex_);
      if (!readers_.empty()) {
        auto reader = std::move(readers_.back());
        readers_.pop_back();
        return reader;
      }
    }
    return std::make_shared<Reader>(file_);
  }

  const fs::path file_;
  const FileLock lock_;
  std::mutex mutex_;  // guards readers_
  std::vector<std::shared_ptr<Reader>> readers_;
  Database database_;
  bool indexed_by_age_ = false;
  bool journal_holds_removed_ = false;  // until it was emptied
  Statement insert_, remove_, decline_, accept_, expire_;
};

}  // namespace

std::unique_ptr<HistoryBackend> sqlite_histories(const fs::path& file) {
  return std::make_unique<SqliteHistories>(file);
}

HistoryCounts read_sqlite_histories(const fs::path& file, const TakeHistory& take) {
  if (!fs::exists(file)) throw Error("there is no store " + file.string());
  const Database database(file, Database::Mode::kRead);
  const int64_t schema = checked_schema(database, file, {kApplication, kStoreSchema});
  database.run("BEGIN");  // what follows sees one moment
  HistoryCounts counts;
  const bool has_choices = schema >= 2;
  if (has_choices) {
    Statement choices(database, "SELECT count(*) FROM without_profile");
    choices.step();
    counts.without_profile = choices.integer(0);
  }
  const std::string all =
      cat("SELECT user_id, title_id, timestamp, event, value FROM events ",
          has_choices ? "WHERE user_id NOT IN (SELECT user_id FROM without_profile) " : "",
          "ORDER BY user_id, timestamp, sequence");
  Statement events(database, all.c_str());
  std::string user;
  std::vector<HistoryItem> history;
  const auto finish = [&] {
    if (history.empty()) return;
    ++counts.users;
    counts.events += std::ssize(history);
    take(user, history);
    history.clear();
  };
  while (events.step()) {
    if (std::string id = events.text(0); id != user) {
      finish();
      user = std::move(id);
    }
    history.push_back(item_of(events, 1));
  }
  finish();
  return counts;
}

}  // namespace marquee::serving
