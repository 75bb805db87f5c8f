// Input that is compressed: gzip (RFC 1952) and Zstandard (RFC 8878), by its first bytes.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string_view>

#include "core/file.h"

namespace marquee::data {

// More than this much for a byte is no data that somebody wrote, but what is meant to fill a disk.
inline constexpr uint64_t kMaxExpansion = 200;
inline constexpr uint64_t kAlwaysUnpacked = 64 << 20;  // bytes to which the above does not apply

bool is_compressed(std::string_view packed);

// All members or frames, one after the other, into a file without a name in `folder`. Throws Error
// (without the file's name) where the data are damaged, end too early, go on with something else,
// or expand by more than the above.
MappedFile unpacked(std::string_view packed, const std::filesystem::path& folder);

}  // namespace marquee::data
