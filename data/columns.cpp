#include "data/columns.h"

#include <algorithm>

#include "core/error.h"
#include "core/text.h"

namespace marquee::data {

namespace {

// Offsets that a reader may follow: 0, ascending, ending at `size`.
void check_offsets(std::span<const uint64_t> offsets, size_t size,
                   const std::filesystem::path& file) {
  const bool fits = !offsets.empty() && offsets.front() == 0 && offsets.back() == size &&
                    std::is_sorted(offsets.begin(), offsets.end());
  if (!fits) {
    throw artefact_error(cat(file.string(),
                             ": the offsets do not fit the values; make the dataset ",
                             "again with `marquee ingest`"));
  }
}

// Collects the offsets of rows and writes NAME.offsets.
template <typename Rows>
void write_offsets(const std::filesystem::path& folder, const std::string& name, const Rows& rows) {
  std::vector<uint64_t> offsets{0};
  offsets.reserve(rows.size() + 1);
  for (const auto& row : rows) offsets.push_back(offsets.back() + row.size());
  FileWriter writer(folder / (name + ".offsets"));
  writer.write_values(std::span<const uint64_t>(offsets));
  writer.close();
}

}  // namespace

ListColumn::ListColumn(const Artefact& dataset, const std::string& name)
    : offsets_file_(dataset.file(name + ".offsets")),
      values_file_(dataset.file(name + ".values")),
      offsets_(offsets_file_.as<uint64_t>()),
      values_(values_file_.as<uint32_t>()) {
  check_offsets(offsets_, values_.size(), dataset.file(name + ".offsets"));
}

StringColumn::StringColumn(const Artefact& dataset, const std::string& name)
    : offsets_file_(dataset.file(name + ".offsets")),
      bytes_file_(dataset.file(name + ".bytes")),
      offsets_(offsets_file_.as<uint64_t>()),
      bytes_(bytes_file_.text()) {
  check_offsets(offsets_, bytes_.size(), dataset.file(name + ".offsets"));
}

StringColumn StringColumn::empty(int64_t rows) {
  StringColumn column;
  column.no_offsets_.resize(static_cast<size_t>(rows) + 1);
  column.offsets_ = column.no_offsets_;  // moving the vector keeps its address
  return column;
}

void write_list_column(const std::filesystem::path& folder, const std::string& name,
                       std::span<const std::vector<uint32_t>> rows) {
  write_offsets(folder, name, rows);
  FileWriter writer(folder / (name + ".values"));
  for (const auto& row : rows) writer.write_values(std::span<const uint32_t>(row));
  writer.close();
}

void write_string_column(const std::filesystem::path& folder, const std::string& name,
                         std::span<const std::string_view> rows) {
  write_offsets(folder, name, rows);
  FileWriter writer(folder / (name + ".bytes"));
  for (const auto& row : rows) writer.write(row);
  writer.close();
}

}  // namespace marquee::data
