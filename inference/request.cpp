#include "inference/request.h"

#include <cmath>

#include "core/error.h"
#include "core/text.h"
#include "inference/json_reader.h"

namespace marquee::inference {

namespace {

std::string id_of(JsonValue& value) { return value.text(kMaxIdBytes); }

std::vector<std::string> ids_of(JsonValue& value, int limit) {
  std::vector<std::string> ids;
  value.each(limit, [&](JsonValue& entry) { ids.push_back(id_of(entry)); });
  return ids;
}

data::Event event_of(JsonValue& value) {
  const std::string name = value.text(kMaxIdBytes);
  if (const auto event = data::parse_event(name)) return *event;
  std::vector<std::string> known;
  for (size_t i = 0; i < data::kEvents; ++i) {
    known.emplace_back(data::name(static_cast<data::Event>(i)));
  }
  value.place().refuse(cat(in_quotes(name), " is none of ", join(known, ", ")));
}

struct Entry : HistoryItem {
  bool has_event = false;
};

struct EventEntry : Entry {
  std::string event_id, user_id;
};

// Of an entry of a history, and of an event.
template <typename T>
constexpr JsonField<T> kTitleField = {"title_id",
                                      [](JsonValue& v, T& e) { e.title_id = id_of(v); }};
template <typename T>
constexpr JsonField<T> kTimestampField = {
    "timestamp", [](JsonValue& v, T& e) { e.timestamp = v.whole(0, kMaxTime); }};
template <typename T>
constexpr JsonField<T> kEventField = {"event", [](JsonValue& v, T& e) {
                                        e.event = event_of(v);
                                        e.has_event = true;
                                      }};
template <typename T>
constexpr JsonField<T> kValueField = {"value", [](JsonValue& v, T& e) { e.value = v.number(); }};

constexpr JsonField<Entry> kEntryFields[] = {kTitleField<Entry>, kTimestampField<Entry>,
                                             kEventField<Entry>, kValueField<Entry>};

constexpr JsonField<EventEntry> kEventFields[] = {
    {"event_id", [](JsonValue& v, EventEntry& e) { e.event_id = id_of(v); }},
    {"user_id", [](JsonValue& v, EventEntry& e) { e.user_id = id_of(v); }},
    kTitleField<EventEntry>,
    kTimestampField<EventEntry>,
    kEventField<EventEntry>,
    kValueField<EventEntry>};

// Ratings have no upper end here: how far they go is the dataset's business.
void check_value(const Entry& entry, const Place& place) {
  const Place there(place, "value");
  const bool given = !std::isnan(entry.value);
  if (entry.event == data::Event::kRating) {
    if (!given) place.refuse("event rating needs a value");
    if (entry.value <= 0) there.refuse(cat("a rating must be above 0, not ", entry.value));
  }
  if (entry.event == data::Event::kPlay || entry.event == data::Event::kComplete) {
    if (given && (entry.value < 0 || entry.value > 1)) {
      there.refuse(cat("the fraction watched must be 0 to 1, not ", entry.value));
    }
  }
}

// Fills in what follows from the rest, and checks it.
void complete(Entry& entry, const Place& place) {
  if (entry.title_id.empty()) place.refuse("title_id is missing");
  if (!entry.has_event && !std::isnan(entry.value)) entry.event = data::Event::kRating;
  check_value(entry, place);
}

HistoryItem item_of(JsonValue& value) {
  Entry entry;
  if (value.is_string()) {
    entry.title_id = id_of(value);
    return entry;
  }
  value.object<Entry>(kEntryFields, entry);
  complete(entry, value.place());
  return entry;
}

MemberEvent member_event(JsonValue& value, int64_t now) {
  EventEntry entry;
  value.object<EventEntry>(kEventFields, entry);
  for (const auto& [name, given] :
       {std::pair("event_id", &entry.event_id), std::pair("user_id", &entry.user_id)}) {
    if (given->empty()) value.place().refuse(cat(name, " is missing"));
  }
  complete(entry, value.place());
  if (!entry.timestamp) entry.timestamp = now;
  return {entry.event_id, entry.user_id, entry};
}

struct Events {
  int64_t now = 0;
  std::vector<MemberEvent> events;
};

constexpr JsonField<Events> kEventsFields[] = {{"events", [](JsonValue& v, Events& e) {
                                                  v.each(kMaxEvents, [&](JsonValue& entry) {
                                                    e.events.push_back(member_event(entry, e.now));
                                                  });
                                                }}};

constexpr JsonField<Filters> kFilterFields[] = {
    {"genres",
     [](JsonValue& v, Filters& f) {
       f.genres = ids_of(v, kMaxFilterGenres);
       if (f.genres.empty()) v.place().refuse("must name at least one");
     }},
    {"max_maturity", [](JsonValue& v, Filters& f) { f.max_maturity = id_of(v); }},
    {"region", [](JsonValue& v, Filters& f) { f.region = id_of(v); }},
};

// The fields of MemberRequest come first in both kinds of request, "history" first of all.
constexpr uint32_t kHasHistory = 1;
constexpr uint32_t kHasUser = 2;

template <typename T>
constexpr JsonField<T> kHistoryField = {
    "history", [](JsonValue& v, T& r) {
      v.each(kMaxHistory, [&](JsonValue& entry) { r.history.push_back(item_of(entry)); });
    }};
template <typename T>
constexpr JsonField<T> kUserField = {"user_id", [](JsonValue& v, T& r) { r.user_id = id_of(v); }};
template <typename T>
constexpr JsonField<T> kIdField = {"id", [](JsonValue& v, T& r) { r.id = id_of(v); }};
template <typename T>
constexpr JsonField<T> kAtField = {"at", [](JsonValue& v, T& r) { r.at = v.whole(0, kMaxTime); }};

constexpr JsonField<Request> kExcludeField = {
    "exclude", [](JsonValue& v, Request& r) { r.exclude = ids_of(v, kMaxExcluded); }};
constexpr JsonField<Request> kFiltersField = {
    "filters", [](JsonValue& v, Request& r) { v.object<Filters>(kFilterFields, r.filters); }};

constexpr JsonField<Request> kPageFields[] = {
    kHistoryField<Request>, kUserField<Request>, kIdField<Request>,
    kAtField<Request>,      kExcludeField,       kFiltersField,
};

constexpr JsonField<Request> kRequestFields[] = {
    kHistoryField<Request>,
    kUserField<Request>,
    kIdField<Request>,
    kAtField<Request>,
    {"k", [](JsonValue& v, Request& r) { r.k = static_cast<int>(v.whole(1, kMaxTitlesAnswered)); }},
    kExcludeField,
    kFiltersField,
    {"include_seen", [](JsonValue& v, Request& r) { r.include_seen = v.flag(); }},
};

constexpr JsonField<PredictRequest> kPredictFields[] = {
    kHistoryField<PredictRequest>,
    kUserField<PredictRequest>,
    kIdField<PredictRequest>,
    kAtField<PredictRequest>,
    {"titles", [](JsonValue& v, PredictRequest& r) { r.titles = ids_of(v, kMaxTitlesPredicted); }},
};

void check_member(uint32_t seen) {
  const uint32_t who = seen & (kHasHistory | kHasUser);
  if (who == (kHasHistory | kHasUser)) {
    throw Error("user_id: give either history or user_id, not both");
  }
  if (who == 0) {
    throw Error("history: is missing, and so is user_id; give one ([] for a new member)");
  }
}

}  // namespace

Request parse_request(std::string_view json) {
  Request request;
  check_member(read_document<Request>(json, kRequestFields, request));
  return request;
}

Request parse_page_request(std::string_view json) {
  Request request;
  check_member(read_document<Request>(json, kPageFields, request));
  return request;
}

PredictRequest parse_predict_request(std::string_view json) {
  PredictRequest request;
  check_member(read_document<PredictRequest>(json, kPredictFields, request));
  if (request.titles.empty()) throw Error("titles: must name at least one title to rate");
  return request;
}

std::vector<MemberEvent> parse_events(std::string_view json, int64_t now) {
  const size_t first = json.find_first_not_of(" \t\r\n");
  const bool list = first != std::string_view::npos && json[first] == '[';
  Events events{.now = now, .events = {}};
  const std::string document =
      list ? cat("{\"events\":", json, "}") : cat("{\"events\":[", json, "]}");
  read_document<Events>(document, kEventsFields, events);
  if (events.events.empty()) throw Error("events: must hold at least one event");
  return std::move(events.events);
}

std::string request_id(std::string_view json) {
  try {
    JsonDocument document(json);
    simdjson::ondemand::value value;
    if (document.root().find_field("id").get(value) != simdjson::SUCCESS) return "";
    const Place place;
    return JsonValue(value, place).text(kMaxIdBytes);
  } catch (const Error&) {
    return "";
  }
}

}  // namespace marquee::inference
