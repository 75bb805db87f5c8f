// Reading columns of a dataset: fixed-width ones, lists per row, and strings, all mapped.
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/artefact.h"
#include "core/file.h"

namespace marquee::data {

// Row i holds values[offsets[i] .. offsets[i + 1]): NAME.offsets (u64, rows + 1) and NAME.values.
class ListColumn {
 public:
  ListColumn() = default;
  // Throws Error (artefact) if a file is not listed or the offsets do not fit the values.
  ListColumn(const Artefact& dataset, const std::string& name);

  int64_t rows() const { return static_cast<int64_t>(offsets_.size()) - 1; }
  std::span<const uint32_t> operator[](int64_t row) const {
    return values_.subspan(offsets_[row], offsets_[row + 1] - offsets_[row]);
  }

 private:
  MappedFile offsets_file_;
  MappedFile values_file_;
  std::span<const uint64_t> offsets_;
  std::span<const uint32_t> values_;
};

// The same with bytes: NAME.offsets and NAME.bytes.
class StringColumn {
 public:
  StringColumn() = default;
  // Throws Error (artefact) if a file is not listed or the offsets do not fit the bytes.
  StringColumn(const Artefact& dataset, const std::string& name);
  // Of so many empty strings, for a column that older datasets lack.
  static StringColumn empty(int64_t rows);

  int64_t rows() const { return static_cast<int64_t>(offsets_.size()) - 1; }
  std::string_view operator[](int64_t row) const {
    return bytes_.substr(offsets_[row], offsets_[row + 1] - offsets_[row]);
  }

 private:
  MappedFile offsets_file_;
  MappedFile bytes_file_;
  std::vector<uint64_t> no_offsets_;  // of empty()
  std::span<const uint64_t> offsets_;
  std::string_view bytes_;
};

// Writers of the same files.
void write_list_column(const std::filesystem::path& folder, const std::string& name,
                       std::span<const std::vector<uint32_t>> rows);
void write_string_column(const std::filesystem::path& folder, const std::string& name,
                         std::span<const std::string_view> rows);

}  // namespace marquee::data
