// Cells of Arrow's arrays as the text that they would be in CSV.
#pragma once

#include <arrow/array.h>
#include <arrow/util/utf8.h>

#include <charconv>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace marquee::data {

// What a text of one column's block is written to.
class Cells {
 public:
  void begin() {
    text_.clear();
    ends_.clear();
  }
  void add(std::string_view value) {
    text_ += value;
    ends_.push_back(text_.size());
  }
  template <typename T>
  void add_number(T value) {
    char digits[32];
    add({digits, std::to_chars(digits, digits + sizeof digits, value).ptr});
  }
  bool is_clean() const {
    return text_.find('\0') == std::string::npos && arrow::util::ValidateUTF8(text_);
  }
  void finish(std::vector<std::string_view>& cells) const {
    size_t begin = 0;
    for (const size_t end : ends_) {
      cells.push_back(std::string_view(text_).substr(begin, end - begin));
      begin = end;
    }
  }

 private:
  std::string text_;
  std::vector<size_t> ends_;
};

// Whether add_cell() takes arrays of the type: text, numbers, times, dictionaries and lists of
// these.
bool is_readable(const arrow::DataType& type);

// Adds the cell of one row.
void add_cell(const arrow::Array& array, int64_t row, Cells& cells);

}  // namespace marquee::data
