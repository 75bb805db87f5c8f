#include "data/jsonl.h"

#include <algorithm>

#include "core/text.h"
#include "data/file_kind.h"

namespace marquee::data {

namespace json = simdjson::ondemand;

namespace {

// Not simdjson's own words, which change from version to version.
std::string reason_of(simdjson::error_code code, std::string_view line) {
  if (std::string seen = not_json(line); !seen.empty()) return seen;
  return code == simdjson::UTF8_ERROR ? "not UTF-8; save the file as UTF-8"
                                      : "not valid JSON; check its quotes, commas and braces";
}

std::string_view line_at(std::string_view text, size_t at) {
  return text.substr(at, std::min(text.find('\n', at), text.size()) - at);
}

}  // namespace

JsonLinesReader::JsonLinesReader(std::string_view text, const Columns& columns, Findings& findings)
    : text_(text), padded_(text), columns_(columns), findings_(findings) {
  fields_.resize(columns.names.size());
  seen_.resize(columns.names.size());
}

bool JsonLinesReader::next() {
  while (at_ < text_.size()) {
    const std::string_view line = line_at(text_, at_);
    const size_t begin = at_;
    at_ += line.size() + 1;
    if (trim(line).empty()) continue;
    where_ = text_.data() + begin;
    if (line.size() > kMaxLineBytes) {
      refuse(cat("the line has ", grouped(static_cast<int64_t>(line.size())),
                 " bytes, above the limit of ", grouped(kMaxLineBytes), "; shorten it"));
    } else if (read_line({padded_.data() + begin, line.size()})) {
      return true;
    }
  }
  return false;
}

bool JsonLinesReader::refuse(std::string message) {
  findings_.add(where_, std::move(message));
  return false;
}

bool JsonLinesReader::read_line(std::string_view line) {
  std::fill(fields_.begin(), fields_.end(), std::string_view());
  std::fill(seen_.begin(), seen_.end(), false);
  joined_.clear();
  line_ = line;
  const auto place = static_cast<size_t>(line.data() - padded_.data());
  const size_t capacity = padded_.size() - place + simdjson::SIMDJSON_PADDING;
  json::document document;
  json::object object;
  simdjson::error_code code = parser_.iterate(line.data(), line.size(), capacity).get(document);
  if (code == simdjson::SUCCESS) code = document.get_object().get(object);
  if (code == simdjson::INCORRECT_TYPE) return refuse("not a JSON object; write {...} a line");
  if (code == simdjson::SUCCESS) {
    for (auto field : object) {
      std::string_view key;
      json::value value;
      if ((code = field.unescaped_key().get(key)) || (code = field.value().get(value))) break;
      if (!read_field(key, value)) return false;
    }
  }
  if (code) return refuse(reason_of(code, line_));
  if (document.current_location().error() == simdjson::SUCCESS) {
    return refuse("not valid JSON: text after the object; write one object a line");
  }
  return true;
}

bool JsonLinesReader::read_field(std::string_view key, json::value value) {
  const auto named = std::find(columns_.names.begin(), columns_.names.end(), key);
  if (named == columns_.names.end() || key.empty()) return true;
  const auto column = static_cast<size_t>(named - columns_.names.begin());
  if (seen_[column]) return refuse(cat(key, ": given twice; give it once"));
  seen_[column] = true;
  if (!read_value(column, value)) return false;
  const std::string_view text = fields_[column];
  if (text.find('\0') != std::string_view::npos) {
    return refuse(cat(key, " ", in_quotes(text), ": holds a NUL character; remove it"));
  }
  if (text.size() > kMaxFieldBytes) {
    return refuse(cat(key, " ", in_quotes(text), ": ", grouped(static_cast<int64_t>(text.size())),
                      " bytes, above the limit of ", grouped(kMaxFieldBytes),
                      " for a field; shorten it"));
  }
  return true;
}

bool JsonLinesReader::read_value(size_t column, json::value value) {
  const std::string& name = columns_.names[column];
  json::json_type type;
  if (const auto code = value.type().get(type)) return refuse(reason_of(code, line_));
  switch (type) {
    case json::json_type::string:
      if (value.get_string().get(fields_[column]) == simdjson::SUCCESS) return true;
      return refuse(name + ": not a valid JSON string; check its escapes");
    case json::json_type::array: {
      json::array array;
      if (value.get_array().get(array) == simdjson::SUCCESS) return join_array(column, array);
      return refuse(name + ": not a valid JSON array");
    }
    case json::json_type::number: {
      double number = 0;  // read only to check it
      fields_[column] = trim(value.raw_json_token());
      if (value.get_double().get(number) == simdjson::SUCCESS) return true;
      return refuse(cat(name, " ", in_quotes(fields_[column]), ": not a valid JSON number"));
    }
    case json::json_type::null:
      if (value.is_null()) return true;
      return refuse(name + ": neither null nor another JSON value");
    default:
      return refuse(name + ": neither a string nor a number; give one of these");
  }
}

bool JsonLinesReader::join_array(size_t column, json::array array) {
  std::string& joined = joined_.emplace_back();
  for (auto element : array) {
    std::string_view part;
    if (element.get_string().get(part) != simdjson::SUCCESS ||
        part.find('|') != std::string_view::npos) {
      return refuse(columns_.names[column] + ": its values must be strings without '|'");
    }
    if (!joined.empty()) joined += '|';
    joined += part;
  }
  fields_[column] = joined;
  return true;
}

std::vector<std::string> keys_of_first_line(std::string_view text) {
  std::vector<std::string> keys;
  const simdjson::padded_string line(line_at(text, text.find('{')));
  json::parser parser;
  json::document document;
  json::object object;
  if (parser.iterate(line).get(document) || document.get_object().get(object)) return keys;
  for (auto field : object) {
    std::string_view key;
    if (field.unescaped_key().get(key)) break;
    keys.emplace_back(key);
  }
  return keys;
}

}  // namespace marquee::data
