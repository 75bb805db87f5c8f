#include "data/parquet/arrow_text.h"

#include <arrow/type.h>
#include <arrow/util/decimal.h>

#include <cmath>

namespace marquee::data {

namespace {

int64_t floor_divided(int64_t value, int64_t by) { return value / by - (value % by < 0 ? 1 : 0); }

int64_t units_a_second(arrow::TimeUnit::type unit) {
  switch (unit) {
    case arrow::TimeUnit::SECOND:
      return 1;
    case arrow::TimeUnit::MILLI:
      return 1'000;
    case arrow::TimeUnit::MICRO:
      return 1'000'000;
    case arrow::TimeUnit::NANO:
      return 1'000'000'000;
  }
  return 1;
}

bool is_text(const arrow::DataType& type) {
  return arrow::is_base_binary_like(type.id()) || arrow::is_binary_view_like(type.id());
}

bool is_list(const arrow::DataType& type) {
  return type.id() == arrow::Type::LIST || type.id() == arrow::Type::LARGE_LIST;
}

bool is_scalar(const arrow::DataType& type) {
  if (type.id() == arrow::Type::DICTIONARY) {
    return is_scalar(*static_cast<const arrow::DictionaryType&>(type).value_type());
  }
  return is_text(type) || arrow::is_integer(type.id()) || arrow::is_decimal(type.id()) ||
         type.id() == arrow::Type::FLOAT || type.id() == arrow::Type::DOUBLE ||
         type.id() == arrow::Type::BOOL || type.id() == arrow::Type::TIMESTAMP ||
         type.id() == arrow::Type::DATE32 || type.id() == arrow::Type::DATE64 ||
         type.id() == arrow::Type::NA;
}

// Adds the cell of one row, of an array of any type that is_scalar() takes.
void add_scalar(const arrow::Array& array, int64_t row, Cells& cells);

template <typename ArrayT>
std::string_view view_of(const arrow::Array& array, int64_t row) {
  return static_cast<const ArrayT&>(array).GetView(row);
}

void add_text(const arrow::Array& array, int64_t row, Cells& cells) {
  switch (array.type_id()) {
    case arrow::Type::STRING:
    case arrow::Type::BINARY:
      return cells.add(view_of<arrow::BinaryArray>(array, row));
    case arrow::Type::LARGE_STRING:
    case arrow::Type::LARGE_BINARY:
      return cells.add(view_of<arrow::LargeBinaryArray>(array, row));
    default:
      return cells.add(view_of<arrow::BinaryViewArray>(array, row));
  }
}

template <typename ArrayT>
void add_value(const arrow::Array& array, int64_t row, Cells& cells) {
  cells.add_number(static_cast<const ArrayT&>(array).Value(row));
}

// Ratings have few decimals, which is faster than the search for the shortest digits.
bool add_hundredths(double value, Cells& cells) {
  constexpr double kMost = 1e12;
  if (!(std::abs(value) < kMost) || std::signbit(value)) return false;
  const auto whole = static_cast<int64_t>(value * 100 + 0.5);
  if (static_cast<double>(whole) / 100 != value) return false;
  if (whole % 100 == 0) {
    cells.add_number(whole / 100);
    return true;
  }
  char text[32];
  char* end = std::to_chars(text, text + sizeof text, whole / 100).ptr;
  *end++ = '.';
  *end++ = static_cast<char>('0' + whole % 100 / 10);
  if (whole % 10 != 0) *end++ = static_cast<char>('0' + whole % 10);
  cells.add({text, static_cast<size_t>(end - text)});
  return true;
}

void add_real(double value, Cells& cells) {
  if (add_hundredths(value, cells)) return;
  if (std::isfinite(value)) return cells.add_number(value);
  cells.add(std::isnan(value) ? "nan" : value > 0 ? "inf" : "-inf");
}

void add_number(const arrow::Array& array, int64_t row, Cells& cells) {
  switch (array.type_id()) {
    case arrow::Type::INT8:
      return add_value<arrow::Int8Array>(array, row, cells);
    case arrow::Type::UINT8:
      return add_value<arrow::UInt8Array>(array, row, cells);
    case arrow::Type::INT16:
      return add_value<arrow::Int16Array>(array, row, cells);
    case arrow::Type::UINT16:
      return add_value<arrow::UInt16Array>(array, row, cells);
    case arrow::Type::INT32:
      return add_value<arrow::Int32Array>(array, row, cells);
    case arrow::Type::UINT32:
      return add_value<arrow::UInt32Array>(array, row, cells);
    case arrow::Type::INT64:
      return add_value<arrow::Int64Array>(array, row, cells);
    case arrow::Type::UINT64:
      return add_value<arrow::UInt64Array>(array, row, cells);
    case arrow::Type::FLOAT: {
      const float value = static_cast<const arrow::FloatArray&>(array).Value(row);
      return std::isfinite(value) ? cells.add_number(value) : add_real(value, cells);
    }
    default:
      return add_real(static_cast<const arrow::DoubleArray&>(array).Value(row), cells);
  }
}

// Seconds, with as many digits of their fraction as there are.
void add_seconds(int64_t value, int64_t units, Cells& cells) {
  const int64_t seconds = floor_divided(value, units);
  int64_t rest = value - seconds * units;
  if (rest == 0) return cells.add_number(seconds);
  std::string text = std::to_string(seconds) + ".";
  for (int64_t unit = units / 10; unit > 0 && rest > 0; unit /= 10) {
    text += static_cast<char>('0' + rest / unit);
    rest %= unit;
  }
  cells.add(text);
}

void add_time(const arrow::Array& array, int64_t row, Cells& cells) {
  constexpr int64_t kDay = 86'400;
  if (array.type_id() == arrow::Type::DATE32) {
    return cells.add_number(static_cast<const arrow::Date32Array&>(array).Value(row) * kDay);
  }
  if (array.type_id() == arrow::Type::DATE64) {
    return add_seconds(static_cast<const arrow::Date64Array&>(array).Value(row), 1000, cells);
  }
  const auto unit = static_cast<const arrow::TimestampType&>(*array.type()).unit();
  add_seconds(static_cast<const arrow::TimestampArray&>(array).Value(row), units_a_second(unit),
              cells);
}

void add_decimal(const arrow::Array& array, int64_t row, Cells& cells) {
  const int32_t scale = static_cast<const arrow::DecimalType&>(*array.type()).scale();
  const auto* const bytes = static_cast<const arrow::FixedSizeBinaryArray&>(array).GetValue(row);
  switch (array.type_id()) {
    case arrow::Type::DECIMAL32:
      return cells.add(arrow::Decimal32(bytes).ToString(scale));
    case arrow::Type::DECIMAL64:
      return cells.add(arrow::Decimal64(bytes).ToString(scale));
    case arrow::Type::DECIMAL128:
      return cells.add(arrow::Decimal128(bytes).ToString(scale));
    default:
      return cells.add(arrow::Decimal256(bytes).ToString(scale));
  }
}

void add_scalar(const arrow::Array& array, int64_t row, Cells& cells) {
  const arrow::DataType& type = *array.type();
  if (array.IsNull(row)) return cells.add("");
  if (type.id() == arrow::Type::DICTIONARY) {
    const auto& entries = static_cast<const arrow::DictionaryArray&>(array);
    return add_scalar(*entries.dictionary(), entries.GetValueIndex(row), cells);
  }
  if (is_text(type)) return add_text(array, row, cells);
  if (arrow::is_temporal(type.id())) return add_time(array, row, cells);
  if (arrow::is_decimal(type.id())) return add_decimal(array, row, cells);
  if (type.id() == arrow::Type::BOOL) {
    return cells.add(static_cast<const arrow::BooleanArray&>(array).Value(row) ? "true" : "false");
  }
  add_number(array, row, cells);
}

// A list's values, joined by '|'; those of a row are one after the other in `values`.
void add_list(const arrow::Array& values, int64_t begin, int64_t end, Cells& cells) {
  Cells parts;
  std::vector<std::string_view> views;
  for (int64_t i = begin; i < end; ++i) add_scalar(values, i, parts);
  parts.finish(views);
  std::string joined;
  for (const std::string_view each : views) {
    if (each.empty()) continue;
    if (!joined.empty()) joined += '|';
    joined += each;
  }
  cells.add(joined);
}

void add_cell(const arrow::Array& array, int64_t row, Cells& cells) {
  if (!is_list(*array.type())) return add_scalar(array, row, cells);
  if (array.IsNull(row)) return cells.add("");
  if (array.type_id() == arrow::Type::LIST) {
    const auto& lists = static_cast<const arrow::ListArray&>(array);
    return add_list(*lists.values(), lists.value_offset(row), lists.value_offset(row + 1), cells);
  }
  const auto& lists = static_cast<const arrow::LargeListArray&>(array);
  add_list(*lists.values(), lists.value_offset(row), lists.value_offset(row + 1), cells);
}

// Of an array without nulls.
template <typename ArrayT, typename Add>
void add_all(const arrow::Array& array, int64_t begin, int64_t count, const Add& add) {
  const auto& values = static_cast<const ArrayT&>(array);
  for (int64_t row = begin; row < begin + count; ++row) add(values.GetView(row));
}

}  // namespace

bool is_readable(const arrow::DataType& type) {
  return is_scalar(type) ||
         (is_list(type) && is_scalar(*static_cast<const arrow::BaseListType&>(type).value_type()));
}

// What most columns are has a loop of its own.
void add_cells(const arrow::Array& array, int64_t begin, int64_t count, Cells& cells) {
  const auto type = array.null_count() == 0 ? array.type_id() : arrow::Type::NA;
  const auto number = [&](auto value) { cells.add_number(value); };
  if (type == arrow::Type::INT64) return add_all<arrow::Int64Array>(array, begin, count, number);
  if (type == arrow::Type::INT32) return add_all<arrow::Int32Array>(array, begin, count, number);
  if (type == arrow::Type::DOUBLE) {
    return add_all<arrow::DoubleArray>(array, begin, count,
                                       [&](double value) { add_real(value, cells); });
  }
  if (type == arrow::Type::STRING) {
    return add_all<arrow::StringArray>(array, begin, count,
                                       [&](std::string_view value) { cells.add(value); });
  }
  for (int64_t row = begin; row < begin + count; ++row) add_cell(array, row, cells);
}

}  // namespace marquee::data
