// Small text helpers: building messages, numbers for people, suggestions for misspelt names.
#pragma once

#include <cstdint>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

namespace marquee {

// cat("epoch ", 3, " of ", n): streams its arguments into one string.
template <typename... Args>
std::string cat(const Args&... args) {
  std::ostringstream out;
  (out << ... << args);
  return out.str();
}

std::string fixed(double value, int digits);        // fixed(0.12345, 3) == "0.123"
std::string general(double value, int digits = 6);  // shortest of fixed and scientific
std::string human_count(double count);              // 1500000 -> "1.50 M"
std::string human_bytes(double bytes);              // 1536 -> "1.5 KiB"
std::string human_duration(double seconds);         // 75 -> "1:15"; 0.0123 -> "12 ms"
std::string grouped(int64_t value);                 // 1500000 -> "1,500,000"

// Text from data as a terminal or a log may show it: control characters (but line ends, where they
// are kept), characters that change the direction of text, and invalid UTF-8 are written as \xNN.
enum class LineEnds { kKept, kEscaped };
std::string printable(std::string_view text, LineEnds line_ends);

// For messages: printable, in double quotes, cut at 60 bytes.
std::string in_quotes(std::string_view text);

// The candidate nearest to `name` by edit distance, or empty when none is near enough to be meant.
std::string nearest_name(std::string_view name, const std::vector<std::string>& candidates);

std::vector<std::string> split(std::string_view text, char separator);
std::string join(const std::vector<std::string>& parts, std::string_view separator);
std::string_view trim(std::string_view text);
std::string lower_case(std::string_view text);  // of ASCII letters
// Decodes %41 and, where `plus_is_blank`, "+". Throws Error, which begins with `what`, for what is
// no encoding, or decodes to NUL or to what is not UTF-8.
std::string percent_decoded(std::string_view text, std::string_view what, bool plus_is_blank);

bool valid_utf8(std::string_view text);

}  // namespace marquee
