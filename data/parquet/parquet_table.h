// A Parquet file as a table of records (data/table.h).
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "data/parquet/parquet_file.h"
#include "data/records.h"

namespace marquee::data {

// Rows have addresses, as records of a text have: a byte of memory for each, which nothing reads.
class ParquetTable {
 public:
  // bytes: the file's, which outlive this. Throws Error as open_parquet does.
  ParquetTable(std::string_view bytes, std::filesystem::path file);
  ~ParquetTable();
  ParquetTable(const ParquetTable&) = delete;
  ParquetTable& operator=(const ParquetTable&) = delete;

  std::vector<std::string> columns() const { return parquet_->columns(); }
  std::string problem_of(int column) const { return parquet_->problem_of(column); }

  std::string_view rows() const { return {rows_, count_}; }
  std::vector<std::string_view> groups() const;  // the rows of each row group

  // piece: one or more groups. Columns are those of the file (Columns::of_field).
  std::unique_ptr<RecordReader> read(std::string_view piece, const Columns& columns) const;

  std::string place(const char* row) const;  // "row group 2, row 17"; counted from 0

 private:
  size_t group_of(const char* row) const;

  std::filesystem::path file_;
  std::unique_ptr<ParquetFile> parquet_;
  std::vector<size_t> begins_;  // of groups, and the end of the last one
  size_t count_ = 0;
  char* rows_ = nullptr;
};

}  // namespace marquee::data
