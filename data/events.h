// What a user did with a title, and how much that says they liked it.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string_view>
#include <vector>

namespace marquee::data {

enum class Event : uint8_t { kPlay, kComplete, kRating, kLike, kDislike, kList, kHide };
inline constexpr size_t kEvents = 7;

std::string_view name(Event event);
std::optional<Event> parse_event(std::string_view name);

// An event without a value (rating or fraction watched) holds NaN.
inline constexpr float kNoValue = std::numeric_limits<float>::quiet_NaN();

// From what is not liked at all to the highest rating of a dataset.
struct RatingScale {
  float low = 0;  // the lowest rating, where that is below 0
  float high = 1;

  // Where a rating is on the scale, 0 to 1.
  float share(float rating) const;
  float width() const { return high - low; }
};

// How much an event says that its title was liked, from -1, disliked, to 1: the `signal` input of
// every model. Without steps of its own a kind of event says
//   rating          its share of the scale      complete, like   1
//   play            fraction watched, else 1    list             0.5
//   dislike, hide   -1
// It travels with datasets and bundles.
struct EventWeights {
  struct Step {
    float from;    // lowest value that it is for; of the first step: all lower values as well
    float weight;  // -1 to 1
  };

  RatingScale ratings;
  std::array<std::vector<Step>, kEvents> steps;  // ascending; an event without a value has the last

  float signal(Event event, float value) const;

  // Whether the event is negative feedback: part of the history, but never a target and never
  // counted among the interactions of the title.
  bool is_negative(Event event, float value) const;
};

}  // namespace marquee::data
