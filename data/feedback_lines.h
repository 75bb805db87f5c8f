// The lines of a feedback log: "CRC32 JSON\n", the checksum in 8 hexadecimal digits.
#pragma once

#include <string>
#include <string_view>

namespace marquee::data {

inline constexpr const char* kFeedbackSuffix = ".feedback";  // of a segment's name

std::string checked_line(std::string_view json);

// The JSON of a line without its end; "" if the checksum is not right.
std::string_view json_of(std::string_view line);

// How many bytes of the text are whole lines with the right checksum, from the beginning on.
size_t whole_lines(std::string_view text);

}  // namespace marquee::data
