#include "data/parquet/parquet_table.h"

#include <sys/mman.h>

#include <algorithm>

#include "core/error.h"
#include "core/text.h"

namespace marquee::data {

namespace {

class ParquetReader : public RecordReader {
 public:
  // first, groups: of the file; where: the address of the first row.
  ParquetReader(const ParquetFile& file, const std::filesystem::path& name, int first, int groups,
                const Columns& columns)
      : file_(file), name_(name), group_(first), end_(first + groups) {
    fields_.resize(columns.names.size());
    for (size_t field = 0; field < columns.of_field.size(); ++field) {
      if (columns.of_field[field] < 0) continue;
      read_.push_back(static_cast<int>(field));
      targets_.push_back(static_cast<size_t>(columns.of_field[field]));
    }
  }
  void begin_at(const char* row) { where_ = row - 1; }

  bool next() override {
    while (++at_ >= count_) {
      if (!fill()) return false;
    }
    ++where_;
    for (size_t i = 0; i < targets_.size(); ++i) {
      fields_[targets_[i]] = cells_[i][static_cast<size_t>(at_)];
    }
    return true;
  }

 private:
  // The next block, which may be one of the next group. → whether there is one.
  bool fill() {
    at_ = -1;
    count_ = 0;
    if (!rows_ && group_ == end_) return false;
    try {
      if (!rows_) rows_ = file_.read(group_++, read_);
      count_ = rows_->next(cells_);
    } catch (const std::exception& e) {
      throw Error(cat(name_.string(), ": row group ", group_ - 1, ": ", e.what()));
    }
    if (count_ == 0) rows_.reset();
    return true;
  }

  const ParquetFile& file_;
  const std::filesystem::path& name_;
  int group_;
  const int end_;
  std::vector<int> read_;        // columns of the file
  std::vector<size_t> targets_;  // the field of each
  std::unique_ptr<ParquetCells> rows_;
  std::vector<std::vector<std::string_view>> cells_;
  int64_t at_ = -1, count_ = 0;
};

}  // namespace

ParquetTable::ParquetTable(std::string_view bytes, std::filesystem::path file)
    : file_(std::move(file)), parquet_(open_parquet(bytes, file_)) {
  begins_.push_back(0);
  for (const int64_t rows : parquet_->rows_of_groups()) {
    count_ += static_cast<size_t>(rows);
    begins_.push_back(count_);
  }
  void* const space =
      mmap(nullptr, std::max<size_t>(1, count_), PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (space == MAP_FAILED) throw system_error(file_.string() + ": out of address space");
  rows_ = static_cast<char*>(space);
}

ParquetTable::~ParquetTable() { munmap(rows_, std::max<size_t>(1, count_)); }

std::vector<std::string_view> ParquetTable::groups() const {
  std::vector<std::string_view> groups;
  for (size_t i = 0; i + 1 < begins_.size(); ++i) {
    if (begins_[i + 1] > begins_[i]) {
      groups.push_back(rows().substr(begins_[i], begins_[i + 1] - begins_[i]));
    }
  }
  return groups;
}

// Empty groups have no rows, so a row is in the last group that begins at or before it.
size_t ParquetTable::group_of(const char* row) const {
  const auto at = static_cast<size_t>(row - rows_);
  const auto after = std::upper_bound(begins_.begin(), begins_.end() - 1, at);
  return static_cast<size_t>(after - begins_.begin()) - 1;
}

std::unique_ptr<RecordReader> ParquetTable::read(std::string_view piece,
                                                 const Columns& columns) const {
  const size_t first = piece.empty() ? 0 : group_of(piece.data());
  const size_t last = piece.empty() ? 0 : group_of(piece.data() + piece.size() - 1) + 1;
  auto reader = std::make_unique<ParquetReader>(*parquet_, file_, static_cast<int>(first),
                                                static_cast<int>(last - first), columns);
  reader->begin_at(piece.data());
  return reader;
}

std::string ParquetTable::place(const char* row) const {
  const size_t group = group_of(row);
  return cat("row group ", group, ", row ", static_cast<size_t>(row - rows_) - begins_[group]);
}

}  // namespace marquee::data
