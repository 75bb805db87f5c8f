// What a user did, as it is sent to the server and kept by the store (docs/serving.md).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "inference/request.h"

namespace marquee::serving {

inline constexpr int kMaxEvents = 1'000;  // of one request

// The same event_id again is the same event.
struct UserEvent {
  std::string event_id;
  std::string user_id;
  inference::HistoryItem item;
  std::string request_id = {};  // of the answer that showed the title; "": unknown
};

// One event or a list of them; those without a timestamp get `now`. Throws Error with the field and
// the value.
std::vector<UserEvent> parse_events(std::string_view json, int64_t now);

// Whether a choice of a profile, {"profile":"none"} or "full", is for none. Throws Error.
bool parse_profile_choice(std::string_view json);

// {"user_id":…,"profile":…,"history":[…]}, the history in a request's form.
std::string user_json(const std::string& user_id, bool without_profile,
                      const std::vector<inference::HistoryItem>& history);

}  // namespace marquee::serving
