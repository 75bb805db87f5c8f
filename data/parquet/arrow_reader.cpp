// Parquet read by Arrow's C++ libraries, in the module that arrow_module.h loads.
#include <arrow/api.h>
#include <arrow/io/memory.h>
#include <parquet/arrow/reader.h>
#include <parquet/arrow/schema.h>
#include <parquet/file_reader.h>

#include <algorithm>
#include <stdexcept>

#include "data/parquet/arrow_check.h"
#include "data/parquet/arrow_text.h"
#include "data/parquet/parquet_file.h"

namespace marquee::data {

namespace {

constexpr int64_t kBlock = 16'384;                     // rows turned into text at once
constexpr int64_t kMostGroupBytes = int64_t{8} << 30;  // of a row group, decoded

class GroupCells : public ParquetCells {
 public:
  GroupCells(std::shared_ptr<arrow::Table> table)
      : table_(std::move(table)), text_(static_cast<size_t>(table_->num_columns())) {
    for (const auto& column : table_->columns()) readers_.emplace_back(*column);
  }

  int64_t next(std::vector<std::vector<std::string_view>>& cells) override {
    const int64_t count = std::min(kBlock, table_->num_rows() - at_);
    cells.resize(text_.size());
    for (size_t c = 0; c < text_.size(); ++c) {
      cells[c].clear();
      text_[c].begin();
      readers_[c].take(count, text_[c]);
      if (!text_[c].is_clean()) {
        throw std::runtime_error("column \"" + table_->field(static_cast<int>(c))->name() +
                                 "\" holds text that is not UTF-8, or zero bytes");
      }
      text_[c].finish(cells[c]);
    }
    at_ += count;
    return count;
  }

 private:
  // Rows of a column, over its chunks.
  class Reader {
   public:
    explicit Reader(const arrow::ChunkedArray& column) : column_(column) {}
    void take(int64_t count, Cells& cells) {
      while (count > 0) {
        const arrow::Array& chunk = *column_.chunk(chunk_);
        const int64_t here = std::min(count, chunk.length() - row_);
        add_cells(chunk, row_, here, cells);
        count -= here;
        row_ += here;
        if (row_ < chunk.length()) continue;
        ++chunk_;
        row_ = 0;
      }
    }

   private:
    const arrow::ChunkedArray& column_;
    int chunk_ = 0;
    int64_t row_ = 0;
  };

  std::shared_ptr<arrow::Table> table_;
  std::vector<Cells> text_;
  std::vector<Reader> readers_;
  int64_t at_ = 0;
};

class ArrowFile : public ParquetFile {
 public:
  explicit ArrowFile(std::string_view bytes)
      : source_(std::make_shared<arrow::io::BufferReader>(std::make_shared<arrow::Buffer>(bytes))),
        metadata_(parquet::ParquetFileReader::Open(source_)->metadata()) {
    check(parquet::arrow::FromParquetSchema(metadata_->schema(),
                                            parquet::default_arrow_reader_properties(),
                                            metadata_->key_value_metadata(), &schema_));
  }

  std::vector<std::string> columns() const override { return schema_->field_names(); }

  std::vector<int64_t> rows_of_groups() const override {
    std::vector<int64_t> rows;
    for (int group = 0; group < metadata_->num_row_groups(); ++group) {
      rows.push_back(metadata_->RowGroup(group)->num_rows());
    }
    return rows;
  }

  std::string problem_of(int column) const override {
    const arrow::DataType& type = *schema_->field(column)->type();
    return is_readable(type) ? "" : "is a " + type.ToString();
  }

  std::unique_ptr<ParquetCells> read(int group, std::span<const int> columns) const override {
    const std::vector<int> leaves = leaves_of(columns);
    int64_t bytes = 0;
    for (const int leaf : leaves) {
      bytes += metadata_->RowGroup(group)->ColumnChunk(leaf)->total_uncompressed_size();
    }
    if (bytes > kMostGroupBytes) {
      throw std::runtime_error("row group " + std::to_string(group) + " takes " +
                               std::to_string(bytes >> 30) +
                               " GiB of memory; write smaller row groups");
    }
    std::unique_ptr<parquet::arrow::FileReader> reader;
    parquet::arrow::FileReaderBuilder builder;
    check(builder.Open(source_, parquet::default_reader_properties(), metadata_));
    check(builder.Build(&reader));
    // Columns come in the order of the file.
    auto table = value_of(reader->ReadRowGroup(group, leaves));
    std::vector<std::shared_ptr<arrow::ChunkedArray>> wanted;
    std::vector<std::shared_ptr<arrow::Field>> fields;
    for (const int column : columns) {
      const int place = table->schema()->GetFieldIndex(schema_->field(column)->name());
      wanted.push_back(table->column(place));
      fields.push_back(table->schema()->field(place));
    }
    return std::make_unique<GroupCells>(
        arrow::Table::Make(arrow::schema(fields), wanted, table->num_rows()));
  }

 private:
  // Parquet numbers the leaves of columns; a column that is no struct has one.
  std::vector<int> leaves_of(std::span<const int> columns) const {
    std::vector<int> leaves;
    for (int leaf = 0; leaf < metadata_->num_columns(); ++leaf) {
      const auto* const root = metadata_->schema()->GetColumnRoot(leaf);
      const int field = metadata_->schema()->group_node()->FieldIndex(*root);
      if (std::find(columns.begin(), columns.end(), field) != columns.end()) leaves.push_back(leaf);
    }
    return leaves;
  }

  std::shared_ptr<arrow::io::RandomAccessFile> source_;
  std::shared_ptr<parquet::FileMetaData> metadata_;
  std::shared_ptr<arrow::Schema> schema_;
};

}  // namespace

extern "C" __attribute__((visibility("default"))) void marquee_open_parquet(
    std::string_view bytes, std::unique_ptr<ParquetFile>& opened) {
  opened = std::make_unique<ArrowFile>(bytes);
}

}  // namespace marquee::data
