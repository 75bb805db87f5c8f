// Records of a text file, whatever its syntax: csv.h and jsonl.h read them, table.h picks one.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace marquee::data {

// The longest field or JSON line that is read, so that a quote that is never closed does not
// swallow a file.
inline constexpr size_t kMaxFieldBytes = 65'536;
inline constexpr size_t kMaxLineBytes = 1'048'576;

// A problem at one place of a text; its line number is counted when it is shown.
struct Finding {
  const char* at;
  std::string message;
};

// The first findings of a text and how many there were.
class Findings {
 public:
  void add(const char* at, std::string message);
  bool empty() const { return count_ == 0; }
  size_t count() const { return count_; }
  const std::vector<Finding>& first() const { return first_; }

 private:
  size_t count_ = 0;
  std::vector<Finding> first_;
};

// Reads one record after the other; malformed ones are added to the findings and skipped.
class RecordReader {
 public:
  virtual ~RecordReader() = default;

  virtual bool next() = 0;  // false at the end

  // One a column of the schema, empty where the record has none. Views hold until next().
  std::span<const std::string_view> fields() const { return fields_; }
  const char* where() const { return where_; }  // where the record begins in its text

 protected:
  std::vector<std::string_view> fields_;
  const char* where_ = nullptr;
};

// Names of columns, in the order in which fields() gives them.
struct Columns {
  std::vector<std::string> names;
  // CSV: for each field of a line the column it belongs to, or -1 where it is not read.
  std::vector<int> of_field;
};

}  // namespace marquee::data
