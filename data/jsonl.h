// JSON lines: one object a line, its keys the names of columns, in any order.
#pragma once

#include <simdjson.h>

#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "data/records.h"

namespace marquee::data {

// Numbers keep the text they were written with, null is absent, an array of strings becomes its
// values joined by '|'. Keys that `columns` does not name are skipped; other values are findings.
class JsonLinesReader final : public RecordReader {
 public:
  JsonLinesReader(std::string_view text, const Columns& columns, Findings& findings);
  bool next() override;

 private:
  bool read_line(std::string_view line);
  bool read_field(std::string_view key, simdjson::ondemand::value value);
  bool read_value(size_t column, simdjson::ondemand::value value);
  bool join_array(size_t column, simdjson::ondemand::array array);
  bool refuse(std::string message);

  std::string_view text_;  // of the file; where() points into it
  simdjson::padded_string padded_;
  size_t at_ = 0;
  std::string_view line_;  // that is read
  simdjson::ondemand::parser parser_;
  const Columns& columns_;
  Findings& findings_;
  std::vector<bool> seen_;          // columns that this line has given
  std::deque<std::string> joined_;  // values of this line that are not in its text as such
};

// The keys of the first object.
std::vector<std::string> keys_of_first_line(std::string_view text);

}  // namespace marquee::data
