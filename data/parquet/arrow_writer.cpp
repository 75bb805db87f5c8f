// Rows as Arrow's arrays, and these as a Parquet file.
#include <arrow/api.h>
#include <arrow/io/file.h>
#include <parquet/arrow/writer.h>
#include <parquet/properties.h>

#include <cmath>

#include "data/parquet/arrow_check.h"
#include "data/parquet/parquet_output.h"

namespace marquee::data {

namespace {

std::shared_ptr<arrow::ArrayBuilder> builder_of(const std::vector<std::string>&) {
  return std::make_shared<arrow::StringBuilder>();
}
std::shared_ptr<arrow::ArrayBuilder> builder_of(const std::vector<int64_t>&) {
  return std::make_shared<arrow::Int64Builder>();
}
std::shared_ptr<arrow::ArrayBuilder> builder_of(const std::vector<float>&) {
  return std::make_shared<arrow::FloatBuilder>();
}
std::shared_ptr<arrow::ArrayBuilder> builder_of(const std::vector<double>&) {
  return std::make_shared<arrow::DoubleBuilder>();
}
template <typename T>
std::shared_ptr<arrow::ArrayBuilder> builder_of(const std::vector<std::vector<T>>&) {
  return std::make_shared<arrow::ListBuilder>(arrow::default_memory_pool(),
                                              builder_of(std::vector<T>()));
}

bool is_null(const std::string& value) { return value.empty(); }
bool is_null(int64_t value) { return value == kNoWhole; }
bool is_null(double value) { return std::isnan(value); }

template <typename Builder, typename T>
void append(const std::vector<T>& values, Builder& builder) {
  for (const T& value : values)
    check(is_null(value) ? builder.AppendNull() : builder.Append(value));
}
void append(const std::vector<std::string>& values, arrow::ArrayBuilder& builder) {
  append(values, static_cast<arrow::StringBuilder&>(builder));
}
void append(const std::vector<int64_t>& values, arrow::ArrayBuilder& builder) {
  append(values, static_cast<arrow::Int64Builder&>(builder));
}
void append(const std::vector<float>& values, arrow::ArrayBuilder& builder) {
  append(values, static_cast<arrow::FloatBuilder&>(builder));
}
void append(const std::vector<double>& values, arrow::ArrayBuilder& builder) {
  append(values, static_cast<arrow::DoubleBuilder&>(builder));
}
template <typename T>
void append(const std::vector<std::vector<T>>& values, arrow::ArrayBuilder& builder) {
  auto& lists = static_cast<arrow::ListBuilder&>(builder);
  for (const std::vector<T>& each : values) {
    check(lists.Append());
    append(each, *lists.value_builder());
  }
}

std::shared_ptr<arrow::Array> array_of(const ParquetValues& values) {
  return std::visit(
      [](const auto& each) {
        const auto builder = builder_of(each);
        append(each, *builder);
        return value_of(builder->Finish());
      },
      values);
}

class ArrowWriter : public ParquetWriter {
 public:
  ArrowWriter(const std::string& file, const ParquetRows& columns) {
    std::vector<std::shared_ptr<arrow::Field>> fields;
    for (const ParquetColumn& column : columns) {
      fields.push_back(arrow::field(column.name, array_of(column.values)->type()));
    }
    schema_ = arrow::schema(fields);
    file_ = value_of(arrow::io::FileOutputStream::Open(file));
    const auto properties =
        parquet::WriterProperties::Builder().compression(parquet::Compression::SNAPPY)->build();
    writer_ = value_of(parquet::arrow::FileWriter::Open(*schema_, arrow::default_memory_pool(),
                                                        file_, properties));
  }

  void write(const ParquetRows& rows) override {
    std::vector<std::shared_ptr<arrow::Array>> arrays;
    for (const ParquetColumn& column : rows) arrays.push_back(array_of(column.values));
    const int64_t count = arrays.front()->length();
    check(writer_->WriteRecordBatch(*arrow::RecordBatch::Make(schema_, count, arrays)));
  }

  void close() override {
    check(writer_->Close());
    check(file_->Close());
  }

 private:
  std::shared_ptr<arrow::Schema> schema_;
  std::shared_ptr<arrow::io::FileOutputStream> file_;
  std::unique_ptr<parquet::arrow::FileWriter> writer_;
};

}  // namespace

extern "C" __attribute__((visibility("default"))) void marquee_create_parquet(
    const std::string& file, const ParquetRows& columns, std::unique_ptr<ParquetWriter>& created) {
  created = std::make_unique<ArrowWriter>(file, columns);
}

}  // namespace marquee::data
