#include "data/parquet/parquet_output.h"

#include <utility>

#include "core/error.h"
#include "core/file.h"
#include "core/text.h"
#include "data/parquet/arrow_module.h"

namespace marquee::data {

namespace fs = std::filesystem;

namespace {

using Create = void(const std::string& file, const ParquetRows& columns,
                    std::unique_ptr<ParquetWriter>& created);

Create* creator() {
  static auto* const create = arrow_function<Create>("marquee_create_parquet", "write");
  return create;
}

template <typename Step>
void guarded(const fs::path& file, const Step& step) {
  try {
    step();
  } catch (const std::exception& e) {
    throw system_error(cat("cannot write ", file.string(), ": ", e.what()));
  }
}

}  // namespace

void check_parquet_output() { creator(); }

ParquetOutput::ParquetOutput(fs::path file, const ParquetRows& columns)
    : file_(std::move(file)), aside_(file_) {
  Create* const create = creator();
  aside_.replace_filename(cat(".", file_.filename().string(), ".tmp"));
  guarded(file_, [&] { create(aside_.string(), columns, writer_); });
}

ParquetOutput::~ParquetOutput() {
  if (!writer_) return;
  std::error_code ignored;
  fs::remove(aside_, ignored);
}

void ParquetOutput::write(const ParquetRows& rows) {
  guarded(file_, [&] { writer_->write(rows); });
}

void ParquetOutput::close() {
  guarded(file_, [&] { writer_->close(); });
  sync_path(aside_);
  fs::rename(aside_, file_);
  writer_.reset();
}

}  // namespace marquee::data
