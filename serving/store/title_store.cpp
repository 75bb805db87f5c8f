#include "serving/store/title_store.h"

#include "core/error.h"
#include "core/text.h"

namespace marquee::serving {

namespace {

constexpr int64_t kApplication = 0x4d717474;  // "Mqtt", in the file's header
constexpr int64_t kSchema = 1;

// A title without content is withdrawn.
constexpr const char* kTables = R"sql(
  CREATE TABLE titles (
    sequence INTEGER PRIMARY KEY,
    title_id TEXT NOT NULL UNIQUE,
    content TEXT);
)sql";

inference::TitleEdits all_edits(const Database& database, const std::string& file) {
  inference::TitleEdits edits;
  Statement all(database, "SELECT title_id, content FROM titles ORDER BY sequence");
  while (all.step()) {
    if (all.is_null(1)) {
      edits.withdrawn.push_back(all.text(0));
      continue;
    }
    try {
      edits.put.push_back(inference::parse_title(all.text(1), all.text(0)));
    } catch (const Error& error) {
      throw artefact_error(cat(file, ": title ", in_quotes(all.text(0)), ": ", error.what()));
    }
  }
  return edits;
}

}  // namespace

TitleStore::TitleStore(const std::filesystem::path& file) : file_(file.string()), database_(file) {
  const bool is_new = pragma(database_, "schema_version") == 0;
  if (!is_new) checked_schema(database_, file_, {kApplication, kSchema});
  database_.run("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL");
  if (is_new) {
    database_.run(cat("BEGIN;", kTables, "PRAGMA application_id = ", kApplication,
                      "; PRAGMA user_version = ", kSchema, "; COMMIT"));
  }
}

inference::TitleEdits TitleStore::edits() const { return all_edits(database_, file_); }

inference::TitleEdits TitleStore::edits_in(const std::filesystem::path& file) {
  const Database database(file, Database::Mode::kRead);
  checked_schema(database, file, {kApplication, kSchema});
  return all_edits(database, file.string());
}

void TitleStore::put(const data::TitleRecord& title) { write(title.id, inference::to_json(title)); }

void TitleStore::withdraw(const std::string& title_id) { write(title_id, ""); }

void TitleStore::write(const std::string& title_id, const std::string& content) {
  Statement insert(database_,
                   "INSERT INTO titles (title_id, content) VALUES (?, ?) "
                   "ON CONFLICT (title_id) DO UPDATE SET content = excluded.content");
  insert.bind(1, title_id);
  if (content.empty()) {
    insert.bind_null(2);
  } else {
    insert.bind(2, content);
  }
  insert.step();
}

size_t TitleStore::size() const {
  Statement count(database_, "SELECT count(*) FROM titles");
  count.step();
  return static_cast<size_t>(count.integer(0));
}

}  // namespace marquee::serving
