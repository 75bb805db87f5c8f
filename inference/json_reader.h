// Strict reading of small JSON documents: every value knows its place, so that an error names the
// field. Tables of fields define what a document holds (request.cpp). Reading on demand visits each
// byte once and never goes deeper than the tables.
#pragma once

#include <simdjson.h>

#include <algorithm>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/text.h"

namespace marquee::inference {

// Where a value is: "filters.genres[2]". Its text is only made for an error.
class Place {
 public:
  Place() = default;  // the document itself
  Place(const Place& parent, std::string_view field) : parent_(&parent), field_(field) {}
  Place(const Place& parent, int index) : parent_(&parent), index_(index) {}

  std::string text() const;
  [[noreturn]] void refuse(const std::string& what) const;  // "PLACE: what"

 private:
  const Place* parent_ = nullptr;  // must outlive this
  std::string_view field_;
  int index_ = -1;
};

template <typename T>
struct JsonField;

// A value at its place. The getters throw Error, naming the place, if the value is of another type
// or out of range. One of them must be called, and once.
class JsonValue {
 public:
  JsonValue(simdjson::ondemand::value value, const Place& place) : value_(value), place_(place) {}

  const Place& place() const { return place_; }
  bool is_string();
  bool is_object();

  std::string text(size_t max_bytes);  // not empty, no NUL
  int64_t whole(int64_t least, int64_t most);
  float number();  // finite
  bool flag();

  // Reads an object into `into`; returns the fields that were present, as bits.
  template <typename T>
  uint32_t object(std::span<const JsonField<T>> fields, T& into);

  // Calls read(JsonValue&) for each element; more than `limit` are an error.
  template <typename Read>
  void each(int limit, const Read& read);

  // Calls read(std::string_view name, JsonValue&) for each field of an object of any names, none of
  // them twice; more than `limit` are an error.
  template <typename Read>
  void fields(int limit, const Read& read);

 private:
  simdjson::ondemand::json_type type();
  void expect(simdjson::ondemand::json_type type);
  std::string_view token();

  simdjson::ondemand::value value_;
  const Place& place_;
};

template <typename T>
struct JsonField {
  std::string_view name;
  void (*read)(JsonValue& value, T& into);
};

// Throws Error unless `error` is SUCCESS: the text is not JSON.
void check_json(simdjson::error_code error, const Place& place);
[[noreturn]] void refuse_field(std::string_view name, const std::vector<std::string>& known,
                               const Place& place);
[[noreturn]] void refuse_repeated(std::string_view name, const Place& place);

template <typename T>
uint32_t read_fields(simdjson::ondemand::object object, std::span<const JsonField<T>> fields,
                     const Place& place, T& into) {
  uint32_t seen = 0;
  for (auto item : object) {
    simdjson::ondemand::field field;
    std::string_view name;
    check_json(std::move(item).get(field), place);
    check_json(field.unescaped_key().get(name), place);
    size_t which = 0;
    while (which < fields.size() && fields[which].name != name) ++which;
    if (which == fields.size()) {
      std::vector<std::string> known;
      for (const auto& each : fields) known.emplace_back(each.name);
      refuse_field(name, known, place);
    }
    if ((seen >> which & 1) != 0) refuse_repeated(name, place);
    seen |= 1U << which;
    const Place there(place, fields[which].name);
    JsonValue value(field.value(), there);
    fields[which].read(value, into);
  }
  return seen;
}

template <typename T>
uint32_t JsonValue::object(std::span<const JsonField<T>> fields, T& into) {
  expect(simdjson::ondemand::json_type::object);
  simdjson::ondemand::object object;
  check_json(value_.get_object().get(object), place_);
  return read_fields(object, fields, place_, into);
}

template <typename Read>
void JsonValue::each(int limit, const Read& read) {
  expect(simdjson::ondemand::json_type::array);
  simdjson::ondemand::array array;
  check_json(value_.get_array().get(array), place_);
  int index = 0;
  for (auto element : array) {
    simdjson::ondemand::value value;
    check_json(std::move(element).get(value), place_);
    if (index == limit) place_.refuse("more than " + std::to_string(limit) + " entries");
    const Place there(place_, index++);
    JsonValue entry(value, there);
    read(entry);
  }
}

template <typename Read>
void JsonValue::fields(int limit, const Read& read) {
  expect(simdjson::ondemand::json_type::object);
  simdjson::ondemand::object object;
  check_json(value_.get_object().get(object), place_);
  std::vector<std::string> met;
  for (auto item : object) {
    simdjson::ondemand::field field;
    std::string_view name;
    check_json(std::move(item).get(field), place_);
    check_json(field.unescaped_key().get(name), place_);
    if (std::cmp_equal(met.size(), limit)) place_.refuse(cat("more than ", limit, " fields"));
    if (std::ranges::find(met, name) != met.end()) refuse_repeated(name, place_);
    const Place there(place_, met.emplace_back(name));
    JsonValue value(field.value(), there);
    read(name, value);
  }
}

// A text as simdjson wants it, and its parser. Frees the memory of a large document.
class JsonDocument {
 public:
  explicit JsonDocument(std::string_view json);  // throws Error if it is not an object
  ~JsonDocument();
  JsonDocument(const JsonDocument&) = delete;
  JsonDocument& operator=(const JsonDocument&) = delete;

  simdjson::ondemand::object& root() { return root_; }
  void check_end();  // throws Error if anything follows the object

 private:
  simdjson::ondemand::document document_;
  simdjson::ondemand::object root_;
};

// Reads a whole document, which must be an object.
template <typename T>
uint32_t read_document(std::string_view json, std::span<const JsonField<T>> fields, T& into) {
  JsonDocument document(json);
  const uint32_t seen = read_fields(document.root(), fields, Place(), into);
  document.check_end();
  return seen;
}

}  // namespace marquee::inference
