// The fields that requests about users share, for the parsers of request.cpp and of serving/.
#pragma once

#include <string>
#include <vector>

#include "core/error.h"
#include "core/text.h"
#include "data/limits.h"
#include "inference/json_reader.h"
#include "inference/request.h"

namespace marquee::inference {

std::string id_of(JsonValue& value);
std::vector<std::string> ids_of(JsonValue& value, int limit);
data::Event event_of(JsonValue& value);

// An entry of a history, or an event, while it is read.
struct HistoryEntry : HistoryItem {
  bool has_event = false;
};

template <typename T>
constexpr JsonField<T> kTitleField = {"title_id",
                                      [](JsonValue& v, T& e) { e.title_id = id_of(v); }};
template <typename T>
constexpr JsonField<T> kTimestampField = {
    "timestamp", [](JsonValue& v, T& e) { e.timestamp = v.whole(data::kMinTime, data::kMaxTime); }};
template <typename T>
constexpr JsonField<T> kEventField = {"event", [](JsonValue& v, T& e) {
                                        e.event = event_of(v);
                                        e.has_event = true;
                                      }};
template <typename T>
constexpr JsonField<T> kValueField = {"value", [](JsonValue& v, T& e) { e.value = v.number(); }};

// Fills in the event that the value implies, and checks the entry. Throws Error naming the place.
void complete(HistoryEntry& entry, const Place& place);

// A history's item: a title id alone, or an object of the four fields.
HistoryItem history_item(JsonValue& value);

// The fields of UserRequest come first in every kind of request, in this order.
template <typename T>
constexpr JsonField<T> kHistoryField = {
    "history", [](JsonValue& v, T& r) {
      v.each(kMaxHistory, [&](JsonValue& entry) { r.history.push_back(history_item(entry)); });
    }};
template <typename T>
constexpr JsonField<T> kUserField = {"user_id", [](JsonValue& v, T& r) { r.user_id = id_of(v); }};
template <typename T>
constexpr JsonField<T> kIdField = {"id", [](JsonValue& v, T& r) { r.id = id_of(v); }};
template <typename T>
constexpr JsonField<T> kAtField = {
    "at", [](JsonValue& v, T& r) { r.at = v.whole(data::kMinTime, data::kMaxTime); }};

template <typename T>
constexpr JsonField<T> kProfileField = {
    "profile", [](JsonValue& v, T& r) {
      const std::string profile = v.text(data::kMaxIdBytes);
      r.without_profile = profile == "none";
      if (r.without_profile || profile == "full") return;
      v.place().refuse(cat("must be \"full\" or \"none\", not ", in_quotes(profile)));
    }};

void read_filters(JsonValue& value, Filters& filters);

constexpr JsonField<Request> kExcludeField = {
    "exclude", [](JsonValue& v, Request& r) { r.exclude = ids_of(v, kMaxExcluded); }};
constexpr JsonField<Request> kFiltersField = {
    "filters", [](JsonValue& v, Request& r) { read_filters(v, r.filters); }};

// Values are texts, or whole numbers such as an hour.
std::vector<ContextValue> contexts_of(JsonValue& value);

template <typename T>
constexpr JsonField<T> kContextField = {"context",
                                        [](JsonValue& v, T& r) { r.context = contexts_of(v); }};

constexpr JsonField<Request> kDiversityField = {
    "diversity", [](JsonValue& v, Request& r) {
      const float strength = v.number();
      if (!(strength >= 0 && strength <= 1)) {
        v.place().refuse(cat("must be from 0 to 1, not ", strength));
      }
      r.diversity = strength;
    }};

// Reads a request whose fields begin with those of UserRequest. Throws Error unless it has either
// a history or a user_id, or wants no profile.
template <typename T>
T read_user_request(std::string_view json, std::span<const JsonField<T>> fields) {
  constexpr uint32_t kHasHistory = 1, kHasUser = 2;
  T request;
  const uint32_t who = read_document<T>(json, fields, request) & (kHasHistory | kHasUser);
  if (request.without_profile) {
    if (!request.history.empty()) {
      throw Error("profile: \"none\" means that no history is read; leave out history");
    }
    request.user_id.reset();
    return request;
  }
  if (who == (kHasHistory | kHasUser)) {
    throw Error("user_id: give either history or user_id, not both");
  }
  if (who == 0) {
    throw Error("history: is missing, and so is user_id; give one ([] for a new user)");
  }
  return request;
}

}  // namespace marquee::inference
