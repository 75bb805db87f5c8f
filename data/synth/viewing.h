// What one user watches: sessions with a mood, next parts, what the service lines up, and else a
// choice by taste among what is on.
#pragma once

#include <cstdint>
#include <vector>

#include "data/events.h"
#include "data/synth/shelves.h"
#include "data/synth/users.h"

namespace marquee::data::synth {

// How a title came to be watched.
enum class Reason : uint8_t { kOpening, kMood, kLinedUp, kNextPart, kRewatch };
inline constexpr std::array<std::string_view, 5> kReasons{"opening", "mood", "lined_up",
                                                          "next_part", "rewatch"};

struct Watch {
  int64_t time = 0;
  int32_t title = 0;
  Event event = Event::kPlay;
  Reason reason = Reason::kOpening;
  float value = kNoValue;
};

struct Viewing {
  std::vector<Watch> watches;  // user.events of them, oldest first, times strictly rising
  Taste taste{};               // the user's at the end
};

Viewing watch(const TitlePool& pool, const Shelves& shelves, const SynthUser& user,
              RandomStream random);

// The same watches at the same times, in an order drawn evenly from all those in which every title
// is watched while it is on.
void forget_order(const TitlePool& pool, const SynthUser& user, std::vector<Watch>& watches,
                  RandomStream random);

}  // namespace marquee::data::synth
