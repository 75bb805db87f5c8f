// Cells of Arrow's arrays as the text that they would be in CSV.
#pragma once

#include <arrow/array.h>
#include <arrow/util/utf8.h>

#include <algorithm>
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
    size_ = 0;
    ends_.clear();
  }
  void add(std::string_view value) {
    std::copy(value.begin(), value.end(), room(value.size()));
    end(value.size());
  }
  template <typename T>
  void add_number(T value) {
    constexpr size_t kDigits = 32;
    char* const to = room(kDigits);
    end(static_cast<size_t>(std::to_chars(to, to + kDigits, value).ptr - to));
  }

  bool is_clean() const {
    return text().find('\0') == std::string_view::npos && arrow::util::ValidateUTF8(text());
  }
  void finish(std::vector<std::string_view>& cells) const {
    size_t begin = 0;
    for (const size_t end : ends_) {
      cells.push_back(text().substr(begin, end - begin));
      begin = end;
    }
  }

 private:
  std::string_view text() const { return {buffer_.data(), size_}; }
  char* room(size_t bytes) {
    if (size_ + bytes > buffer_.size()) buffer_.resize(2 * (size_ + bytes));
    return buffer_.data() + size_;
  }
  void end(size_t bytes) { ends_.push_back(size_ += bytes); }

  std::vector<char> buffer_;
  size_t size_ = 0;
  std::vector<size_t> ends_;
};

// Whether add_cells() takes arrays of the type: text, numbers, times, dictionaries and lists of
// these.
bool is_readable(const arrow::DataType& type);

// Adds the cells of rows [begin, begin + count).
void add_cells(const arrow::Array& array, int64_t begin, int64_t count, Cells& cells);

}  // namespace marquee::data
