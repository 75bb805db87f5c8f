// Delimited text: CSV by RFC 4180 (quotes may span lines, "" is a quote, LF or CRLF) and variants
// without quotes (tab, '|', "::").
#pragma once

#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "data/records.h"

namespace marquee::data {

struct Delimiters {
  std::string separator = ",";  // one or two characters
  bool quotes = true;
};

// As a field is written: in quotes where it has to be.
std::string csv_field(std::string_view text);

// Cuts `text` at ends of records into pieces of about `bytes`. A piece is larger only where one
// record is. The pieces depend on text and bytes alone.
std::vector<std::string_view> split_records(std::string_view text, size_t bytes, bool quotes);

// One field after the other.
class FieldScanner {
 public:
  // What follows a field: another one, the end of the record, or malformed text: then problem()
  // describes it and skip_line() goes on after it.
  enum class After { kField, kRecord, kBroken };

  FieldScanner(std::string_view text, const Delimiters& delimiters);

  bool begin_record();  // skips empty lines; false at the end of the text
  After next(std::string_view& value);
  void skip_line();

  const char* position() const { return at_; }
  const std::string& problem() const { return problem_; }
  const char* problem_at() const { return problem_at_; }

 private:
  After next_plain(std::string_view& value);
  After next_quoted(std::string_view& value);
  After broken(const char* at, std::string problem);
  bool at_separator() const;

  const char* at_;
  const char* end_;
  char separator_;
  char second_;  // of a separator of two characters, else NUL
  bool quotes_;
  bool special_[256] = {};            // what may end a plain field
  std::deque<std::string> unquoted_;  // fields of this record in which "" became "
  std::string problem_;
  const char* problem_at_ = nullptr;
};

// Records with as many fields as `columns.of_field`; others are findings.
class DelimitedReader final : public RecordReader {
 public:
  DelimitedReader(std::string_view text, const Delimiters& delimiters, const Columns& columns,
                  Findings& findings);
  bool next() override;

 private:
  bool read_record();
  bool acceptable(size_t field, std::string_view value);
  bool ragged(size_t fields);
  std::string name_of(size_t field) const;

  FieldScanner scanner_;
  const Columns& columns_;
  Findings& findings_;
  bool suspicious_;  // the text has a NUL or malformed UTF-8: check every field
};

// Removes the first record from `text` and returns its fields; what is wrong with it is a finding.
std::vector<std::string> take_header(std::string_view& text, const Delimiters& delimiters,
                                     Findings& findings);

}  // namespace marquee::data
