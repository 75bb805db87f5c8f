// Parses the text of one field. Nothing where the text is no such value; surrounding blanks are not
// skipped.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace marquee::data {

// A finite decimal number ("4", "3.5", "1e-3").
std::optional<float> parse_number(std::string_view text);
std::optional<double> parse_double(std::string_view text);

// A whole number, also when a spreadsheet wrote it as "1995.0".
std::optional<int64_t> parse_whole(std::string_view text);

// A timestamp in Unix seconds, rounded down, from whole or decimal Unix seconds, or from
// ISO 8601: 2020-02-29, 2020-02-29T13:59:07.5+01:00, with T or a space and any zone or none (UTC).
// Years 1 to 9999.
std::optional<int64_t> parse_time(std::string_view text);

// What the fraction of a second adds to a time that parse_time takes, in 1/65536 s.
uint16_t second_fraction(std::string_view time);

// The message for a text of more bytes than it may have.
std::string too_long(size_t most_bytes);

// The message for a time that was refused.
std::string_view time_advice(std::string_view text);

}  // namespace marquee::data
