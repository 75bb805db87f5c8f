// Results as a Parquet file, for warehouses. Arrow's libraries write it, in the module that reads
// such files too (parquet_file.h).
#pragma once

#include <cstdint>
#include <filesystem>
#include <limits>
#include <memory>
#include <string>
#include <variant>
#include <vector>

namespace marquee::data {

// The values of a column; "", NaN and kNoWhole are written as null.
using ParquetValues =
    std::variant<std::vector<std::string>, std::vector<int64_t>, std::vector<float>,
                 std::vector<double>, std::vector<std::vector<std::string>>,
                 std::vector<std::vector<float>>>;
inline constexpr int64_t kNoWhole = std::numeric_limits<int64_t>::min();

struct ParquetColumn {
  std::string name;
  ParquetValues values;
};
using ParquetRows = std::vector<ParquetColumn>;  // all of one length

// Throws Error if this build cannot write Parquet, before anything is made that would be written.
void check_parquet_output();

class ParquetWriter {
 public:
  virtual ~ParquetWriter() = default;

  // Both throw std::runtime_error.
  virtual void write(const ParquetRows& rows) = 0;
  virtual void close() = 0;
};

// The file appears when it is closed; until then it has another name, and is removed if it is not.
class ParquetOutput {
 public:
  // columns: their names and types, without values. Throws Error: this build cannot write Parquet,
  // or the file cannot be written.
  ParquetOutput(std::filesystem::path file, const ParquetRows& columns);
  ~ParquetOutput();
  ParquetOutput(const ParquetOutput&) = delete;
  ParquetOutput& operator=(const ParquetOutput&) = delete;

  // Both throw Error of kind system: "No space left on device".
  void write(const ParquetRows& rows);
  void close();

 private:
  std::filesystem::path file_, aside_;
  std::unique_ptr<ParquetWriter> writer_;  // null: closed
};

}  // namespace marquee::data
