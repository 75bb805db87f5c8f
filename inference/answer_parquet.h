// Answers to many requests as a Parquet file: a row for each title of each list, one with the error
// for a request that has none.
#pragma once

#include <filesystem>
#include <span>

#include "data/parquet/parquet_output.h"
#include "inference/runner.h"

namespace marquee::inference {

// Columns: id (of the request), line, place (from 1), title_id, score, reasons, model, error.
class AnswerParquet {
 public:
  explicit AnswerParquet(const std::filesystem::path& file);  // throws Error as ParquetOutput

  void add(std::span<const AnsweredLine<Answer>> answered);
  void close() { output_.close(); }

 private:
  data::ParquetOutput output_;
};

}  // namespace marquee::inference
