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

float RatingScale::share(float rating) const { return clamped((rating - low) / width()); }

float EventWeights::signal(Event event, float value) const {
  const auto& own = steps[static_cast<size_t>(event)];
  if (!own.empty()) {
    if (std::isnan(value)) return own.back().weight;
    const auto after = std::ranges::upper_bound(own, value, {}, &Step::from);
    return after == own.begin() ? own.front().weight : (after - 1)->weight;
  }
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
      return -1.0f;
  }
  return 0.0f;
}

bool EventWeights::is_negative(Event event, float value) const { return signal(event, value) < 0; }

}  // namespace marquee::data
