#include "serving/store/database.h"

#include "core/error.h"
#include "core/text.h"

namespace marquee::serving {

Database::Database(const std::filesystem::path& file, Mode mode) : file_(file.string()) {
  const int flags =
      mode == Mode::kWrite ? SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE : SQLITE_OPEN_READONLY;
  sqlite3* handle = nullptr;
  const int code = sqlite3_open_v2(file_.c_str(), &handle, flags | SQLITE_OPEN_NOMUTEX, nullptr);
  handle_.reset(handle);
  if (code != SQLITE_OK) fail();
  sqlite3_busy_timeout(handle, 5'000);
}

void Database::run(const std::string& sql) const {
  if (sqlite3_exec(handle(), sql.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK) fail();
}

void Database::fail() const {
  throw system_error(
      cat(file_, ": ", handle_ ? sqlite3_errmsg(handle()) : "out of memory for the database"));
}

Statement::Statement(const Database& database, const char* sql) : database_(&database) {
  sqlite3_stmt* handle = nullptr;
  check(
      sqlite3_prepare_v3(database.handle(), sql, -1, SQLITE_PREPARE_PERSISTENT, &handle, nullptr));
  handle_.reset(handle);
}

void Statement::check(int code) const {
  if (code != SQLITE_OK) database_->fail();
}

void Statement::bind(int index, std::string_view text) {
  check(sqlite3_bind_text(handle_.get(), index, text.data(), static_cast<int>(text.size()),
                          SQLITE_TRANSIENT));
}

void Statement::bind(int index, int64_t value) {
  check(sqlite3_bind_int64(handle_.get(), index, value));
}

void Statement::bind(int index, double value) {
  check(sqlite3_bind_double(handle_.get(), index, value));
}

void Statement::bind_null(int index) { check(sqlite3_bind_null(handle_.get(), index)); }

bool Statement::step() {
  const int code = sqlite3_step(handle_.get());
  if (code != SQLITE_ROW && code != SQLITE_DONE) database_->fail();
  return code == SQLITE_ROW;
}

void Statement::reset() {
  sqlite3_reset(handle_.get());
  sqlite3_clear_bindings(handle_.get());
}

std::string Statement::text(int column) const {
  const auto* bytes = reinterpret_cast<const char*>(sqlite3_column_text(handle_.get(), column));
  return {bytes, static_cast<size_t>(sqlite3_column_bytes(handle_.get(), column))};
}

int64_t checked_schema(const Database& database, const std::filesystem::path& file,
                       const DatabaseKind& kind) {
  if (pragma(database, "application_id") != kind.application) {
    throw artefact_error(file.string() + " is a database of another program");
  }
  const int64_t schema = pragma(database, "user_version");
  if (schema > kind.schema) {
    throw artefact_error(file.string() + " was made by a newer version of this program");
  }
  return schema;
}

int64_t pragma(const Database& database, const std::string& name) {
  Statement statement(database, ("PRAGMA " + name).c_str());
  statement.step();
  return statement.integer(0);
}

}  // namespace marquee::serving
