#include "inference/json_reader.h"

#include <cmath>

#include "core/error.h"
#include "core/text.h"

namespace marquee::inference {

namespace {

using simdjson::ondemand::json_type;

constexpr size_t kKeptBytes = 1 << 20;

struct Workspace {
  simdjson::ondemand::parser parser;
  std::string padded;
};

Workspace& workspace() {
  thread_local Workspace mine;
  return mine;
}

const char* name_of(json_type type) {
  switch (type) {
    case json_type::array:
      return "a list";
    case json_type::object:
      return "an object";
    case json_type::number:
      return "a number";
    case json_type::string:
      return "a string";
    case json_type::boolean:
      return "true or false";
    case json_type::null:
      return "null";
  }
  return "a value";
}

}  // namespace

std::string Place::text() const {
  if (parent_ == nullptr) return "";
  const std::string before = parent_->text();
  if (index_ >= 0) return cat(before, "[", index_, "]");
  return before.empty() ? std::string(field_) : cat(before, ".", field_);
}

void Place::refuse(const std::string& what) const {
  const std::string where = text();
  throw Error(where.empty() ? what : cat(where, ": ", what));
}

void check_json(simdjson::error_code error, const Place& place) {
  if (error == simdjson::SUCCESS) return;
  place.refuse(cat("not JSON: ", simdjson::error_message(error)));
}

void refuse_field(std::string_view name, const std::vector<std::string>& known,
                  const Place& place) {
  const std::string meant = nearest_name(name, known);
  place.refuse(cat("unknown field ", in_quotes(name), "; ",
                   meant.empty() ? cat("known are ", join(known, ", "))
                                 : cat("did you mean ", in_quotes(meant), "?")));
}

void refuse_repeated(std::string_view name, const Place& place) {
  place.refuse(cat("field ", in_quotes(name), " is there twice"));
}

void JsonValue::expect(json_type type) {
  const json_type found = this->type();
  if (found != type) place_.refuse(cat("must be ", name_of(type), ", not ", name_of(found)));
}

std::string_view JsonValue::token() { return trim(value_.raw_json_token()); }

json_type JsonValue::type() {
  json_type type{};
  check_json(value_.type().get(type), place_);
  return type;
}

bool JsonValue::is_string() { return type() == json_type::string; }
bool JsonValue::is_object() { return type() == json_type::object; }

std::string JsonValue::text(size_t max_bytes) {
  expect(json_type::string);
  std::string_view text;
  check_json(value_.get_string().get(text), place_);
  if (text.empty()) place_.refuse("must not be empty");
  if (text.size() > max_bytes) {
    place_.refuse(cat(in_quotes(text), " has ", text.size(), " bytes, more than ", max_bytes));
  }
  if (text.find('\0') != std::string_view::npos)
    place_.refuse(in_quotes(text) + " holds a NUL byte");
  return std::string(text);
}

int64_t JsonValue::whole(int64_t least, int64_t most) {
  expect(json_type::number);
  const std::string_view shown = token();
  int64_t number = 0;
  if (value_.get_int64().get(number) != simdjson::SUCCESS || number < least || number > most) {
    place_.refuse(
        cat("must be a whole number from ", least, " to ", most, ", not ", shown.substr(0, 40)));
  }
  return number;
}

float JsonValue::number() {
  expect(json_type::number);
  const std::string_view shown = token();
  double number = 0;
  const auto error = value_.get_double().get(number);
  const auto narrow = static_cast<float>(number);
  if (error != simdjson::SUCCESS || !std::isfinite(narrow)) {
    place_.refuse(cat("must be a number that a float holds, not ", shown.substr(0, 40)));
  }
  return narrow;
}

bool JsonValue::flag() {
  expect(json_type::boolean);
  bool flag = false;
  check_json(value_.get_bool().get(flag), place_);
  return flag;
}

JsonDocument::JsonDocument(std::string_view json) {
  if (json.starts_with("\x1F\x8B")) throw Error("gzip is not taken; send the text as it is");
  auto& [parser, padded] = workspace();
  padded.reserve(json.size() + simdjson::SIMDJSON_PADDING);
  padded.assign(json);
  check_json(parser.iterate(padded.data(), json.size(), padded.capacity()).get(document_), Place());
  json_type type{};
  check_json(document_.type().get(type), Place());
  if (type != json_type::object) throw Error("not a JSON object");
  check_json(document_.get_object().get(root_), Place());
}

JsonDocument::~JsonDocument() {
  if (workspace().padded.size() > kKeptBytes) workspace() = Workspace();
}

void JsonDocument::check_end() {
  if (document_.current_location().error() != simdjson::OUT_OF_BOUNDS) {
    throw Error("not JSON: more text after the object");
  }
}

}  // namespace marquee::inference
