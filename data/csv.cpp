#include "data/csv.h"

#include <simdjson.h>

#include <algorithm>
#include <cstring>

#include "core/text.h"
#include "core/threads.h"

namespace marquee::data {

namespace {

bool holds_odd_quotes(std::string_view text) {
  bool odd = false;
  for (size_t at = text.find('"'); at != std::string_view::npos; at = text.find('"', at + 1)) {
    odd = !odd;
  }
  return odd;
}

// Just past the first line end at or after `from` that is outside quotes.
size_t end_of_record(std::string_view text, size_t from, bool quotes, bool inside) {
  for (size_t at = from; at < text.size(); ++at) {
    if (quotes && text[at] == '"') inside = !inside;
    if (text[at] == '\n' && !inside) return at + 1;
  }
  return text.size();
}

std::string_view without_return(std::string_view value) {
  if (!value.empty() && value.back() == '\r') value.remove_suffix(1);
  return value;
}

bool is_clean(std::string_view text) {
  return text.find('\0') == std::string_view::npos &&
         simdjson::validate_utf8(text.data(), text.size());
}

}  // namespace

std::string csv_field(std::string_view text) {
  if (text.find_first_of(",\"\r\n") == std::string_view::npos) return std::string(text);
  std::string quoted = "\"";
  for (const char each : text) {
    if (each == '"') quoted += '"';
    quoted += each;
  }
  return quoted + '"';
}

std::vector<std::string_view> split_records(std::string_view text, size_t bytes, bool quotes) {
  const size_t blocks = (text.size() + bytes - 1) / bytes;
  std::vector<char> odd(blocks, 0);
  if (quotes) {
    parallel_for(static_cast<int64_t>(blocks), 1, [&](int64_t block, int64_t) {
      const auto i = static_cast<size_t>(block);
      odd[i] = holds_odd_quotes(text.substr(i * bytes, bytes));
    });
  }
  std::vector<std::string_view> pieces;
  bool inside = false;
  for (size_t i = 0, begin = 0; i < blocks; ++i) {
    inside ^= odd[i] != 0;
    const size_t block_end = std::min((i + 1) * bytes, text.size());
    if (block_end <= begin) continue;  // the record before reaches beyond this block
    const size_t end = end_of_record(text, block_end, quotes, inside);
    pieces.push_back(text.substr(begin, end - begin));
    begin = end;
  }
  return pieces;
}

FieldScanner::FieldScanner(std::string_view text, const Delimiters& delimiters)
    : at_(text.data()),
      end_(text.data() + text.size()),
      separator_(delimiters.separator.front()),
      second_(delimiters.separator.size() > 1 ? delimiters.separator[1] : '\0'),
      quotes_(delimiters.quotes) {
  special_[static_cast<unsigned char>(separator_)] = true;
  special_[static_cast<unsigned char>('\n')] = true;
  special_[static_cast<unsigned char>('"')] = quotes_;
}

bool FieldScanner::begin_record() {
  while (at_ != end_ && (*at_ == '\n' || (*at_ == '\r' && end_ - at_ > 1 && at_[1] == '\n'))) {
    at_ += *at_ == '\r' ? 2 : 1;
  }
  unquoted_.clear();
  return at_ != end_;
}

FieldScanner::After FieldScanner::next(std::string_view& value) {
  return quotes_ && at_ != end_ && *at_ == '"' ? next_quoted(value) : next_plain(value);
}

bool FieldScanner::at_separator() const {
  return *at_ == separator_ && (second_ == '\0' || (end_ - at_ > 1 && at_[1] == second_));
}

FieldScanner::After FieldScanner::next_plain(std::string_view& value) {
  const char* begin = at_;
  for (;; ++at_) {
    while (at_ != end_ && !special_[static_cast<unsigned char>(*at_)]) ++at_;
    if (at_ == end_ || *at_ != separator_ || at_separator()) break;
  }
  value = {begin, static_cast<size_t>(at_ - begin)};
  if (at_ == end_) {
    value = without_return(value);
    return After::kRecord;
  }
  if (*at_ == '\n') {
    value = without_return(value);
    ++at_;
    return After::kRecord;
  }
  if (*at_ == '"') {
    return broken(begin,
                  "a quote inside a field that does not begin with one; quote the whole "
                  "field and double the quotes in it");
  }
  at_ += second_ == '\0' ? 1 : 2;
  return After::kField;
}

FieldScanner::After FieldScanner::next_quoted(std::string_view& value) {
  const char* open = at_++;
  const char* begin = at_;
  std::string* undone = nullptr;
  for (;;) {
    const size_t left = std::min(static_cast<size_t>(end_ - at_), kMaxFieldBytes + 1);
    const auto* quote = static_cast<const char*>(std::memchr(at_, '"', left));
    if (quote == nullptr) {
      const bool too_long = static_cast<size_t>(end_ - at_) > kMaxFieldBytes;
      const After after = broken(
          open, too_long ? cat("the quote opened here is not closed within ",
                               grouped(kMaxFieldBytes), " bytes, the limit of a field; close it")
                         : std::string("the quote opened here is never closed; close it"));
      at_ = end_;  // the rest may be inside or outside quotes: nothing can be read
      return after;
    }
    at_ = quote + 1;
    if (at_ == end_ || *at_ != '"') break;
    if (undone == nullptr) undone = &unquoted_.emplace_back();
    undone->append(begin, at_);  // with the first of the two quotes
    begin = ++at_;
  }
  value = {begin, static_cast<size_t>(at_ - 1 - begin)};
  if (undone != nullptr) value = undone->append(value);

  if (at_ != end_ && *at_ == '\r') ++at_;
  if (at_ == end_) return After::kRecord;
  if (*at_ == '\n') {
    ++at_;
    return After::kRecord;
  }
  if (!at_separator()) {
    return broken(open, "text after the closing quote; double the quotes inside a quoted field");
  }
  at_ += second_ == '\0' ? 1 : 2;
  return After::kField;
}

FieldScanner::After FieldScanner::broken(const char* at, std::string problem) {
  problem_ = std::move(problem);
  problem_at_ = at;
  return After::kBroken;
}

void FieldScanner::skip_line() {
  const auto* line_end =
      at_ == end_
          ? nullptr
          : static_cast<const char*>(std::memchr(at_, '\n', static_cast<size_t>(end_ - at_)));
  at_ = line_end == nullptr ? end_ : line_end + 1;
}

DelimitedReader::DelimitedReader(std::string_view text, const Delimiters& delimiters,
                                 const Columns& columns, Findings& findings)
    : scanner_(text, delimiters),
      columns_(columns),
      findings_(findings),
      suspicious_(!is_clean(text)) {
  fields_.resize(columns.names.size());
}

bool DelimitedReader::next() {
  while (scanner_.begin_record()) {
    where_ = scanner_.position();
    if (read_record()) return true;
  }
  return false;
}

bool DelimitedReader::read_record() {
  const size_t expected = columns_.of_field.size();
  bool accepted = true;
  for (size_t field = 0;; ++field) {
    std::string_view value;
    const auto after = scanner_.next(value);
    if (after == FieldScanner::After::kBroken) {
      findings_.add(scanner_.problem_at(), name_of(field) + ": " + scanner_.problem());
      scanner_.skip_line();
      return false;
    }
    if (suspicious_ || value.size() > kMaxFieldBytes) accepted &= acceptable(field, value);
    if (field < expected && columns_.of_field[field] >= 0) {
      fields_[static_cast<size_t>(columns_.of_field[field])] = value;
    }
    if (after == FieldScanner::After::kRecord) {
      return field + 1 == expected ? accepted : ragged(field + 1);
    }
  }
}

bool DelimitedReader::acceptable(size_t field, std::string_view value) {
  const char* problem = nullptr;
  std::string limit;
  if (value.size() > kMaxFieldBytes) {
    limit = cat(grouped(static_cast<int64_t>(value.size())), " bytes, above the limit of ",
                grouped(kMaxFieldBytes), " for a field; shorten it");
    problem = limit.c_str();
  } else if (value.find('\0') != std::string_view::npos) {
    problem = "holds a NUL byte; remove it";
  } else if (!valid_utf8(value)) {
    problem = "not UTF-8; save the file as UTF-8";
  }
  if (problem == nullptr) return true;
  findings_.add(where_, cat(name_of(field), " ", in_quotes(value), ": ", problem));
  return false;
}

bool DelimitedReader::ragged(size_t fields) {
  findings_.add(where_,
                cat(fields, fields == 1 ? " field" : " fields", " where ", columns_.of_field.size(),
                    " are expected; quote fields that hold the ", "separator"));
  return false;
}

std::string DelimitedReader::name_of(size_t field) const {
  if (field < columns_.of_field.size() && columns_.of_field[field] >= 0) {
    return columns_.names[static_cast<size_t>(columns_.of_field[field])];
  }
  return cat("field ", field + 1);
}

std::vector<std::string> take_header(std::string_view& text, const Delimiters& delimiters,
                                     Findings& findings) {
  std::vector<std::string> names;
  FieldScanner scanner(text, delimiters);
  if (!scanner.begin_record()) return names;
  const char* where = scanner.position();
  for (auto after = FieldScanner::After::kField; after == FieldScanner::After::kField;) {
    std::string_view value;
    after = scanner.next(value);
    if (after == FieldScanner::After::kBroken) {
      findings.add(scanner.problem_at(), "the header: " + scanner.problem());
      return names;
    }
    if (!is_clean(value)) {
      findings.add(where, cat("the header: ", in_quotes(value),
                              " holds a NUL byte or is not UTF-8; save the file as UTF-8"));
    }
    names.emplace_back(value);
  }
  text.remove_prefix(static_cast<size_t>(scanner.position() - text.data()));
  return names;
}

}  // namespace marquee::data
