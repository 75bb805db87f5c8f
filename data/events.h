// What a user did with a title, and how much that says they liked it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string_view>

namespace marquee::data {

enum class Event : uint8_t { kPlay, kComplete, kRating, kLike, kDislike, kList, kHide };
inline constexpr size_t kEvents = 7;

std::string_view name(Event event);
std::optional<Event> parse_event(std::string_view name);

// An event without a value (rating or fraction watched) holds NaN.
inline constexpr float kNoValue = std::numeric_limits<float>::quiet_NaN();

// Whether the event is negative feedback (dislike, hide): part of the history, but never a target
// and never counted among the interactions of the title.
bool is_negative(Event event);

// How much the event says the title was liked: the `signal` input of every model, 0 to 1.
//   rating          value / max_rating          complete, like   1
//   play            fraction watched, else 1    list             0.5
//   dislike, hide   0
// max_rating is the dataset's highest rating; it travels with the bundle.
float signal(Event event, float value, float max_rating);

}  // namespace marquee::data
