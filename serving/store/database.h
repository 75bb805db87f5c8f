// SQLite with its errors as Error and its handles as objects.
#pragma once

#include <sqlite3.h>

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

namespace marquee::serving {

class Database {
 public:
  enum class Mode { kWrite, kRead };
  // Throws Error (system) naming the file if it cannot be opened. To write it is made, where there
  // is none.
  explicit Database(const std::filesystem::path& file, Mode mode = Mode::kWrite);

  void run(const std::string& sql) const;  // statements without a result
  sqlite3* handle() const { return handle_.get(); }
  int64_t changes() const { return sqlite3_changes(handle()); }

  // Throws Error (system): "FILE: WHAT".
  [[noreturn]] void fail() const;

 private:
  struct Close {
    void operator()(sqlite3* handle) const { sqlite3_close_v2(handle); }
  };
  std::string file_;
  std::unique_ptr<sqlite3, Close> handle_;
};

// A prepared statement: bind from 1 on, step, read columns from 0 on, reset.
class Statement {
 public:
  Statement(const Database& database, const char* sql);

  void bind(int index, std::string_view text);
  void bind(int index, int64_t value);
  void bind(int index, double value);
  void bind_null(int index);
  bool step();  // whether there is a row
  void reset();

  std::string text(int column) const;
  int64_t integer(int column) const { return sqlite3_column_int64(handle_.get(), column); }
  double real(int column) const { return sqlite3_column_double(handle_.get(), column); }
  bool is_null(int column) const {
    return sqlite3_column_type(handle_.get(), column) == SQLITE_NULL;
  }

 private:
  void check(int code) const;

  struct Finalize {
    void operator()(sqlite3_stmt* handle) const { sqlite3_finalize(handle); }
  };
  const Database* database_;
  std::unique_ptr<sqlite3_stmt, Finalize> handle_;
};

// Which database of this program a file is, and the newest schema that is known.
struct DatabaseKind {
  int64_t application;  // in the file's header
  int64_t schema;
};
// The schema of a database that is there. Throws Error (artefact): it is another program's, or
// newer.
int64_t checked_schema(const Database& database, const std::filesystem::path& file,
                       const DatabaseKind& kind);

// The number that a pragma answers.
int64_t pragma(const Database& database, const std::string& name);

}  // namespace marquee::serving
