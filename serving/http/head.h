// Checks the head of a request before the parser sees it: its limits, and forms that are refused
// because different servers are known to read them differently (HTTP Garden).
#pragma once

#include <optional>
#include <string_view>

#include "serving/http/http.h"

namespace marquee::serving {

struct BadRequest {
  int status = 400;
  const char* text = "";
};

inline constexpr size_t kMaxRequestLineBytes = 8 << 10;
inline constexpr size_t kMaxHeadBytes = 64 << 10;  // request line and fields
inline constexpr int kMaxFields = 100;

// The end of the head at the start of `bytes`, after its empty line; nothing if more has to be
// read. Throws BadRequest: a line that does not end in CR LF, a control character, a field that
// goes on in the next line, blanks before a colon, more than the limits.
std::optional<size_t> head_end(std::string_view bytes);

}  // namespace marquee::serving
