// A Parquet file as rows of text, the form in which every other file comes (data/records.h).
// Arrow's libraries read it; they are in a module of their own, which is loaded when the first
// Parquet file is named, so that nothing else depends on them.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace marquee::data {

// The cells of some columns of one row group, block after block.
class ParquetCells {
 public:
  virtual ~ParquetCells() = default;

  // The next rows: cells[i] holds those of the i-th column that was asked for, as they are written
  // in CSV: numbers in decimal, times in Unix seconds with their fraction, lists joined by '|',
  // null as "". Views hold until the next call. → how many rows; 0 at the end. Throws
  // std::runtime_error: damaged data.
  virtual int64_t next(std::vector<std::vector<std::string_view>>& cells) = 0;
};

class ParquetFile {
 public:
  virtual ~ParquetFile() = default;

  virtual std::vector<std::string> columns() const = 0;  // names, of the top level
  virtual std::vector<int64_t> rows_of_groups() const = 0;
  // Why the cells of a column cannot be read as text: "is a struct<...>"; empty if they can.
  virtual std::string problem_of(int column) const = 0;
  // Safe to call from several threads. Throws std::runtime_error.
  virtual std::unique_ptr<ParquetCells> read(int group, std::span<const int> columns) const = 0;
};

// Whether a file with this text begins as Parquet files do.
inline bool is_parquet(std::string_view text) { return text.starts_with("PAR1"); }

// bytes: all of the file, which outlives the result. Throws Error, which names `file`: it is
// damaged, or this build cannot read Parquet.
std::unique_ptr<ParquetFile> open_parquet(std::string_view bytes,
                                          const std::filesystem::path& file);

}  // namespace marquee::data
