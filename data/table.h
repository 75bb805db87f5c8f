// A file of records: CSV with a header, JSON lines, Parquet, or the dialects of MovieLens, packed
// or not. Records come in the caller's columns, so that one reader of interactions serves every
// syntax.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/error.h"
#include "core/file.h"
#include "core/problems.h"
#include "data/csv.h"
#include "data/parquet/parquet_table.h"
#include "data/records.h"

namespace marquee::data {

struct Column {
  std::string name;  // in the file; empty: this input has no such column
  bool required = false;
};

// What to do with columns that the schema does not name.
enum class OtherColumns { kIgnore, kWarn, kKeep };

struct Schema {
  std::vector<Column> columns;
  OtherColumns others = OtherColumns::kIgnore;
};

// How a file is written. JSON lines are recognised by their first '{'.
struct TableFormat {
  Delimiters delimiters;
  std::vector<std::string> header;  // for files that have none
  bool latin1 = false;              // text that is not UTF-8 is ISO 8859-1
  // Columns that are the same in all records, with their values, where the file has none of the
  // name.
  std::vector<std::pair<std::string, std::string>> constants = {};
  // Where standard input and what is unpacked go, to files without a name; "": where the system has
  // its temporary files.
  std::filesystem::path spool = {};
};

// The name of standard input as a file.
inline constexpr const char* kStandardInput = "-";

class Table {
 public:
  // The file may be compressed (compression.h), or kStandardInput. What is wrong with it as a whole
  // or with its header is added to `problems`; then it has no records. Throws Error if there is no
  // such file.
  Table(std::filesystem::path file, const Schema& schema, const TableFormat& format,
        Problems& problems);

  Table(const Table&) = delete;
  Table& operator=(const Table&) = delete;

  const std::filesystem::path& file() const { return file_; }
  std::string_view bytes() const { return mapped_.text(); }  // of the file, as it is
  // The schema's columns, then those kept. Those that the file lacks have no name.
  const std::vector<std::string>& columns() const { return columns_.names; }
  bool has(size_t column) const { return present_[column]; }

  // Pieces of whole records, which may be read in any order and from several threads.
  std::vector<std::string_view> pieces(size_t bytes) const;
  std::string_view records() const { return records_; }             // all of them as one piece
  const char* unit() const { return parquet_ ? "rows" : "bytes"; }  // of pieces' sizes
  std::unique_ptr<RecordReader> read(std::string_view piece, Findings& findings) const;

  // Adds the findings as FILE:LINE: ..., or FILE: row group G, row R: ...
  void report(const Findings& findings, Problems& problems) const;

 private:
  void map(const std::filesystem::path& spool);
  void read_text(const Schema& schema, const TableFormat& format, Problems& problems);
  void read_columns(const Schema& schema, const TableFormat& format, Problems& problems);
  void match(const std::vector<std::string>& header, const Schema& schema, Problems& problems);
  void add_constants(const TableFormat& format);
  void check_required(const Schema& schema, const std::vector<std::string>& header,
                      const std::vector<std::string>& others, Problems& problems);
  void read_parquet(const Schema& schema, Problems& problems);
  std::unique_ptr<RecordReader> reader_of(std::string_view piece, Findings& findings) const;
  std::string place(const char* at) const;  // "FILE:LINE: "
  std::string head() const;                 // the same of what is wrong with all records

  std::filesystem::path file_;
  MappedFile mapped_, unpacked_;
  std::unique_ptr<ParquetTable> parquet_;  // null: the file is text
  std::string converted_;                  // the text where it had to be changed to UTF-8
  std::string_view text_;
  std::string_view records_;  // the text after the header
  bool json_ = false;
  Delimiters delimiters_;
  Columns columns_;
  std::vector<bool> present_;
  std::vector<std::pair<size_t, std::string>> constants_;  // the value of a column
};

}  // namespace marquee::data
