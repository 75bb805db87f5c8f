#include "serving/store/user_event.h"

#include <cmath>

#include "core/error.h"
#include "core/text.h"
#include "inference/json_writer.h"
#include "inference/request_fields.h"

namespace marquee::serving {

namespace {

using inference::JsonField;
using inference::JsonValue;

struct EventEntry : inference::HistoryEntry {
  std::string event_id, user_id, request_id;
};

constexpr JsonField<EventEntry> kEventFields[] = {
    {"event_id", [](JsonValue& v, EventEntry& e) { e.event_id = inference::id_of(v); }},
    {"user_id", [](JsonValue& v, EventEntry& e) { e.user_id = inference::id_of(v); }},
    {"request_id", [](JsonValue& v, EventEntry& e) { e.request_id = inference::id_of(v); }},
    inference::kTitleField<EventEntry>,
    inference::kTimestampField<EventEntry>,
    inference::kEventField<EventEntry>,
    inference::kValueField<EventEntry>};

UserEvent user_event(JsonValue& value, int64_t now) {
  EventEntry entry;
  value.object<EventEntry>(kEventFields, entry);
  for (const auto& [name, given] :
       {std::pair("event_id", &entry.event_id), std::pair("user_id", &entry.user_id)}) {
    if (given->empty()) value.place().refuse(cat(name, " is missing"));
  }
  complete(entry, value.place());
  if (!entry.timestamp) entry.timestamp = now;
  return {entry.event_id, entry.user_id, entry, entry.request_id};
}

struct Events {
  int64_t now = 0;
  std::vector<UserEvent> events;
};

constexpr JsonField<Events> kEventsFields[] = {
    {"events", [](JsonValue& v, Events& e) {
       v.each(kMaxEvents, [&](JsonValue& entry) { e.events.push_back(user_event(entry, e.now)); });
     }}};

struct ProfileChoice {
  bool without_profile = false;
};

constexpr JsonField<ProfileChoice> kProfileFields[] = {inference::kProfileField<ProfileChoice>};

}  // namespace

std::vector<UserEvent> parse_events(std::string_view json, int64_t now) {
  const size_t first = json.find_first_not_of(" \t\r\n");
  const bool list = first != std::string_view::npos && json[first] == '[';
  Events events{.now = now, .events = {}};
  const std::string document =
      list ? cat("{\"events\":", json, "}") : cat("{\"events\":[", json, "]}");
  inference::read_document<Events>(document, kEventsFields, events);
  if (events.events.empty()) throw Error("events: must hold at least one event");
  return std::move(events.events);
}

bool parse_profile_choice(std::string_view json) {
  ProfileChoice choice;
  if (inference::read_document<ProfileChoice>(json, kProfileFields, choice) == 0) {
    throw Error("profile: is missing; it must be \"full\" or \"none\"");
  }
  return choice.without_profile;
}

std::string user_json(const std::string& user_id, bool without_profile,
                      const std::vector<inference::HistoryItem>& history) {
  std::string out = "{\"user_id\":";
  inference::append_text(out, user_id);
  out += without_profile ? ",\"profile\":\"none\"" : ",\"profile\":\"full\"";
  inference::append_list(out, ",\"history\":", history, [&](const inference::HistoryItem& item) {
    out += "{\"title_id\":";
    inference::append_text(out, item.title_id);
    if (item.timestamp) out += ",\"timestamp\":" + std::to_string(*item.timestamp);
    out += ",\"event\":";
    inference::append_text(out, data::name(item.event));
    if (!std::isnan(item.value)) {
      out += ",\"value\":";
      inference::append_number(out, item.value);
    }
    out += '}';
  });
  out += '}';
  return out;
}

}  // namespace marquee::serving
