// The words of reasons, said once for answers and pages.
#pragma once

#include <string>
#include <string_view>

#include "data/dataset.h"

namespace marquee::inference {

inline constexpr const char* kPopularReason = "popular with members";
inline constexpr const char* kSeenReason = "already in your history";
inline constexpr const char* kNewToYouReason = "new to you";
inline constexpr const char* kUnfinishedReason = "you have not finished it";
inline constexpr const char* kTriedReason = "few have watched it yet";
inline constexpr const char* kNewReleaseReason = "new, and like what you watch";

// "because you watched NAME", or "liked".
std::string because_reason(std::string_view title_name, bool liked);

// "more with NAME" of an actor, "more by" of a director, "more from" of a studio, "you often watch"
// of a genre; of no other feature.
std::string favourite_reason(data::Feature feature, std::string_view name);

}  // namespace marquee::inference
