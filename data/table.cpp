#include "data/table.h"

#include <simdjson.h>

#include <algorithm>
#include <utility>

#include "core/log.h"
#include "core/text.h"
#include "data/compression.h"
#include "data/file_kind.h"
#include "data/jsonl.h"
#include "data/spool.h"

namespace marquee::data {

namespace fs = std::filesystem;

namespace {

constexpr size_t kShownFindings = 20;
constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

std::string utf8_of_latin1(std::string_view text) {
  std::string out;
  out.reserve(text.size() + text.size() / 16);
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x80) {
      out += c;
    } else {
      out += static_cast<char>(0xC0 | (byte >> 6));
      out += static_cast<char>(0x80 | (byte & 0x3F));
    }
  }
  return out;
}

}  // namespace

void Findings::add(const char* at, std::string message) {
  if (first_.size() < kShownFindings) first_.push_back({at, std::move(message)});
  ++count_;
}

Table::Table(std::filesystem::path file, const Schema& schema, const TableFormat& format,
             Problems& problems)
    : file_(std::move(file)), delimiters_(format.delimiters) {
  for (const Column& column : schema.columns) columns_.names.push_back(column.name);
  present_.resize(columns_.names.size());
  add_constants(format);
  const fs::path spool = format.spool.empty() ? fs::temp_directory_path() : format.spool;
  map(spool);
  const size_t before = problems.count();
  try {
    if (is_compressed(text_)) {
      unpacked_ = unpacked(text_, spool);
      text_ = unpacked_.text();
    }
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::kInput) throw;
    problems.add(cat(file_.string(), ": ", error.what()));
    return;
  }
  if (is_parquet(text_)) {
    read_parquet(schema, problems);
  } else if (const std::string reason = not_a_table(text_, file_); !reason.empty()) {
    problems.add(file_.string() + ": " + reason);
  } else {
    read_text(schema, format, problems);
  }
  if (problems.count() != before) records_ = {};
}

void Table::map(const fs::path& spool) {
  if (file_ == kStandardInput) {
    file_ = "standard input";
    mapped_ = spooled_standard_input(spool);
  } else {
    if (!fs::exists(file_)) throw Error("there is no " + file_.string());
    if (fs::is_directory(file_)) {
      throw Error(file_.string() + " is a folder; name the file in it");
    }
    mapped_ = MappedFile(file_);
  }
  text_ = mapped_.text();
}

void Table::read_text(const Schema& schema, const TableFormat& format, Problems& problems) {
  if (format.latin1 && !simdjson::validate_utf8(text_.data(), text_.size())) {
    converted_ = utf8_of_latin1(text_);
    text_ = converted_;
  }
  if (text_.starts_with(kByteOrderMark)) text_.remove_prefix(kByteOrderMark.size());
  read_columns(schema, format, problems);
}

void Table::read_parquet(const Schema& schema, Problems& problems) {
  try {
    parquet_ = std::make_unique<ParquetTable>(text_, file_);
  } catch (const Error& error) {
    problems.add(error.what());
    return;
  }
  text_ = records_ = parquet_->rows();
  const std::vector<std::string> header = parquet_->columns();
  match(header, schema, problems);
  for (size_t field = 0; field < header.size(); ++field) {
    if (columns_.of_field[field] < 0) continue;
    const std::string reason = parquet_->problem_of(static_cast<int>(field));
    if (reason.empty()) continue;
    problems.add(cat(file_.string(), ": column ", in_quotes(header[field]), " ", reason,
                     ", which is no text, number, time or list of these"));
  }
}

void Table::read_columns(const Schema& schema, const TableFormat& format, Problems& problems) {
  records_ = text_;
  json_ = format.header.empty() && trim(text_.substr(0, kMaxFieldBytes)).starts_with('{');
  if (json_) {
    match(keys_of_first_line(text_), schema, problems);
    return;
  }
  if (!format.header.empty()) {
    match(format.header, schema, problems);
    return;
  }
  const std::string_view line = text_.substr(0, text_.find('\n'));
  if (const std::string reason = not_a_header(line, file_); !reason.empty()) {
    problems.add(cat(head(), reason));
    return;
  }
  Findings findings;
  const std::vector<std::string> header = take_header(records_, delimiters_, findings);
  report(findings, problems);
  if (!findings.empty()) return;
  match(header, schema, problems);
}

void Table::add_constants(const TableFormat& format) {
  for (const auto& [name, value] : format.constants) {
    const auto found = std::ranges::find(columns_.names, name);
    if (found == columns_.names.end()) continue;
    const auto column = static_cast<size_t>(found - columns_.names.begin());
    constants_.emplace_back(column, value);
    present_[column] = true;
  }
}

void Table::match(const std::vector<std::string>& header, const Schema& schema,
                  Problems& problems) {
  std::vector<std::string> others;
  for (const std::string& name : header) {
    if (!name.empty() && std::count(header.begin(), header.end(), name) > 1 &&
        &name != &*std::find(header.begin(), header.end(), name)) {
      problems.add(cat(head(), "column ", in_quotes(name), " is there twice; keep one"));
    }
    auto found = std::find(columns_.names.begin(), columns_.names.end(), name);
    const bool known = !name.empty() && found != columns_.names.end();
    if (!known) others.push_back(name);
    if (!known && (name.empty() || schema.others != OtherColumns::kKeep)) {
      columns_.of_field.push_back(-1);
      continue;
    }
    if (!known) {
      columns_.names.push_back(name);
      present_.push_back(true);
      found = columns_.names.end() - 1;
    }
    const auto column = found - columns_.names.begin();
    std::erase_if(constants_, [&](const auto& each) { return std::cmp_equal(each.first, column); });
    columns_.of_field.push_back(static_cast<int>(column));
    present_[static_cast<size_t>(column)] = true;
  }
  check_required(schema, header, others, problems);
  if (schema.others == OtherColumns::kWarn && !others.empty()) {
    log::warn(cat(file_.string(), ": unknown columns are left out: ", join(others, ", ")));
  }
}

void Table::check_required(const Schema& schema, const std::vector<std::string>& header,
                           const std::vector<std::string>& others, Problems& problems) {
  const bool own_names = std::ranges::none_of(
      schema.columns, [](const Column& column) { return column.name == "movieId"; });
  const std::string foreign = own_names ? foreign_columns(header, file_) : "";
  for (size_t i = 0; i < schema.columns.size(); ++i) {
    const Column& column = schema.columns[i];
    if (json_) present_[i] = !column.name.empty();  // a later line may have what the first lacks
    if (!column.required || present_[i]) continue;
    if (!foreign.empty()) {
      problems.add(cat(head(), foreign));
      return;
    }
    const std::string near = nearest_name(column.name, others);
    problems.add(cat(head(), "there is no column ", in_quotes(column.name),
                     near.empty() ? cat("; the header is ", in_quotes(join(header, ",")))
                                  : cat("; rename ", in_quotes(near), " if it is meant")));
  }
}

std::vector<std::string_view> Table::pieces(size_t bytes) const {
  if (parquet_) return records_.empty() ? std::vector<std::string_view>() : parquet_->groups();
  return split_records(records_, bytes, !json_ && delimiters_.quotes);
}

namespace {

// The records of another reader, with columns that are the same in all of them.
class WithConstants : public RecordReader {
 public:
  WithConstants(std::unique_ptr<RecordReader> records,
                const std::vector<std::pair<size_t, std::string>>& constants)
      : records_(std::move(records)), constants_(constants) {}

  bool next() override {
    if (!records_->next()) return false;
    fields_.assign(records_->fields().begin(), records_->fields().end());
    for (const auto& [column, value] : constants_) fields_[column] = value;
    where_ = records_->where();
    return true;
  }

 private:
  std::unique_ptr<RecordReader> records_;
  const std::vector<std::pair<size_t, std::string>>& constants_;
};

}  // namespace

std::unique_ptr<RecordReader> Table::read(std::string_view piece, Findings& findings) const {
  auto records = reader_of(piece, findings);
  if (constants_.empty()) return records;
  return std::make_unique<WithConstants>(std::move(records), constants_);
}

std::unique_ptr<RecordReader> Table::reader_of(std::string_view piece, Findings& findings) const {
  if (parquet_) return parquet_->read(piece, columns_);
  if (json_) return std::make_unique<JsonLinesReader>(piece, columns_, findings);
  return std::make_unique<DelimitedReader>(piece, delimiters_, columns_, findings);
}

std::string Table::head() const { return parquet_ ? file_.string() + ": " : place(text_.data()); }

std::string Table::place(const char* at) const {
  if (parquet_) return cat(file_.string(), ": ", parquet_->place(at), ": ");
  const auto lines = std::count(text_.data(), at, '\n');
  return cat(file_.string(), ":", lines + 1, ": ");
}

void Table::report(const Findings& findings, Problems& problems) const {
  const size_t wanted = kShownFindings - std::min(kShownFindings, problems.messages().size());
  for (size_t i = 0; i < findings.count(); ++i) {
    const bool shown = i < findings.first().size() && i < wanted;
    problems.add(shown ? place(findings.first()[i].at) + findings.first()[i].message : "");
  }
}

}  // namespace marquee::data
