#include "inference/request.h"

#include <cmath>

#include "core/error.h"
#include "core/text.h"
#include "inference/request_fields.h"

namespace marquee::inference {

std::string id_of(JsonValue& value) { return value.text(data::kMaxIdBytes); }

std::vector<std::string> ids_of(JsonValue& value, int limit) {
  std::vector<std::string> ids;
  value.each(limit, [&](JsonValue& entry) { ids.push_back(id_of(entry)); });
  return ids;
}

data::Event event_of(JsonValue& value) {
  const std::string name = value.text(data::kMaxIdBytes);
  if (const auto event = data::parse_event(name)) return *event;
  std::vector<std::string> known;
  for (size_t i = 0; i < data::kEvents; ++i) {
    known.emplace_back(data::name(static_cast<data::Event>(i)));
  }
  value.place().refuse(cat(in_quotes(name), " is none of ", join(known, ", ")));
}

std::vector<ContextValue> contexts_of(JsonValue& value) {
  std::vector<ContextValue> contexts;
  value.fields(kMaxContexts, [&](std::string_view column, JsonValue& each) {
    const bool text = each.is_string();
    contexts.push_back({std::string(column), text ? each.text(data::kMaxIdBytes)
                                                  : std::to_string(each.whole(0, INT32_MAX))});
  });
  return contexts;
}

namespace {

constexpr JsonField<HistoryEntry> kEntryFields[] = {
    kTitleField<HistoryEntry>, kTimestampField<HistoryEntry>, kEventField<HistoryEntry>,
    kValueField<HistoryEntry>};

void check_value(const HistoryEntry& entry, const Place& place) {
  const Place there(place, "value");
  const bool given = !std::isnan(entry.value);
  if (entry.event == data::Event::kRating) {
    if (!given) place.refuse("event rating needs a value");
    if (std::abs(entry.value) > data::kMaxRating) {
      there.refuse(cat("a rating must be from -1000000 to 1000000, not ", entry.value));
    }
  }
  if (entry.event == data::Event::kPlay || entry.event == data::Event::kComplete) {
    if (given && (entry.value < 0 || entry.value > 1)) {
      there.refuse(cat("the fraction watched must be 0 to 1, not ", entry.value));
    }
  }
}

}  // namespace

void complete(HistoryEntry& entry, const Place& place) {
  if (entry.title_id.empty()) place.refuse("title_id is missing");
  if (!entry.has_event && !std::isnan(entry.value)) entry.event = data::Event::kRating;
  check_value(entry, place);
}

HistoryItem history_item(JsonValue& value) {
  HistoryEntry entry;
  if (value.is_string()) {
    entry.title_id = id_of(value);
    return entry;
  }
  if (!value.is_object()) {
    value.place().refuse("must be a title id in quotes, or an object with a title_id");
  }
  value.object<HistoryEntry>(kEntryFields, entry);
  complete(entry, value.place());
  return entry;
}

namespace {

constexpr JsonField<Filters> kFilterFields[] = {
    {"genres",
     [](JsonValue& v, Filters& f) {
       f.genres = ids_of(v, kMaxFilterGenres);
       if (f.genres.empty()) v.place().refuse("must name at least one");
     }},
    {"max_maturity", [](JsonValue& v, Filters& f) { f.max_maturity = id_of(v); }},
    {"region", [](JsonValue& v, Filters& f) { f.region = id_of(v); }},
};

constexpr JsonField<Request> kRequestFields[] = {
    kHistoryField<Request>,
    kUserField<Request>,
    kIdField<Request>,
    kAtField<Request>,
    {"k", [](JsonValue& v, Request& r) { r.k = static_cast<int>(v.whole(1, kMaxTitlesAnswered)); }},
    kExcludeField,
    kFiltersField,
    kContextField<Request>,
    {"include_seen", [](JsonValue& v, Request& r) { r.include_seen = v.flag(); }},
    kDiversityField,
    {"sink_repeated", [](JsonValue& v, Request& r) { r.sink_repeated = v.flag(); }},
    kProfileField<Request>,
};

constexpr JsonField<PredictRequest> kPredictFields[] = {
    kHistoryField<PredictRequest>,
    kUserField<PredictRequest>,
    kIdField<PredictRequest>,
    kAtField<PredictRequest>,
    {"titles", [](JsonValue& v, PredictRequest& r) { r.titles = ids_of(v, kMaxTitlesPredicted); }},
    kProfileField<PredictRequest>,
};

}  // namespace

void read_filters(JsonValue& value, Filters& filters) {
  value.object<Filters>(kFilterFields, filters);
}

Request parse_request(std::string_view json) {
  return read_user_request<Request>(json, kRequestFields);
}

PredictRequest parse_predict_request(std::string_view json) {
  auto request = read_user_request<PredictRequest>(json, kPredictFields);
  if (request.titles.empty()) throw Error("titles: must name at least one title to rate");
  return request;
}

std::string request_id(std::string_view json) {
  try {
    JsonDocument document(json);
    simdjson::ondemand::value value;
    if (document.root().find_field("id").get(value) != simdjson::SUCCESS) return "";
    const Place place;
    return JsonValue(value, place).text(data::kMaxIdBytes);
  } catch (const Error&) {
    return "";
  }
}

}  // namespace marquee::inference
