#include "data/events.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace marquee::data {

namespace {
constexpr std::array<std::string_view, kEvents> kNames = {"play",    "complete", "rating", "like",
                                                          "dislike", "list",     "hide"};

float clamped(float value) { return std::clamp(value, 0.0f, 1.0f); }
}  // namespace

std::string_view name(Event event) { return kNames[static_cast<size_t>(event)]; }

std::optional<Event> parse_event(std::string_view name) {
  const auto found = std::find(kNames.begin(), kNames.end(), name);
  if (found == kNames.end()) return std::nullopt;
  return static_cast<Event>(found - kNames.begin());
}

bool is_negative(Event event) { return event == Event::kDislike || event == Event::kHide; }

float RatingScale::share(float rating) const { return clamped((rating - low) / width()); }

float signal(Event event, float value, const RatingScale& ratings) {
  switch (event) {
    case Event::kRating:
      return std::isnan(value) ? 1.0f : ratings.share(value);
    case Event::kPlay:
      return std::isnan(value) ? 1.0f : clamped(value);
    case Event::kComplete:
    case Event::kLike:
      return 1.0f;
    case Event::kList:
      return 0.5f;
    case Event::kDislike:
    case Event::kHide:
      return 0.0f;
  }
  return 0.0f;
}

}  // namespace marquee::data
