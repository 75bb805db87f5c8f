// What the data may hold. Ingest refuses the rest with its line, requests and titles that are put
// refuse the same, so nothing that one step takes is refused by a later one.
#pragma once

#include <cstddef>
#include <cstdint>

namespace marquee::data {

inline constexpr size_t kMaxIdBytes = 256;      // of user, title, event and request ids
inline constexpr size_t kMaxNameBytes = 1'024;  // of a title's name
inline constexpr size_t kMaxFeatureBytes =
    256;  // of a genre, person, studio, language, region, country, ...
inline constexpr int kMaxNamesOfFeature = 1'000;  // of one title; regions and countries too

inline constexpr int64_t kMinYear = 1'800;
inline constexpr int64_t kMaxYear = 2'200;
inline constexpr int64_t kMaxRuntimeMinutes = 60'000;

inline constexpr int64_t kMinTime = -62'135'596'800;  // Unix seconds: the start of year 1
inline constexpr int64_t kMaxTime = 253'402'300'799;  // the end of year 9999

inline constexpr float kMaxRating = 1e6F;  // and its negative the least

}  // namespace marquee::data
