// What is looked at in the head of a request before the parser sees it: its limits, and the forms
// that parsers of different servers are known to read differently (HTTP Garden), which are refused.
#pragma once

#include <optional>
#include <string_view>

#include "serving/http/http.h"

namespace marquee::serving {

struct BadRequest {
  int status = 400;
  const char* text = "";
};

// Where the head at the start of `bytes` ends, behind its empty line; nothing if more has to be
// read. Throws BadRequest: a line that does not end in CR LF, a control character, a field that
// goes on in the next line, blanks before a colon, more than the limits.
std::optional<size_t> head_end(std::string_view bytes, const HttpLimits& limits);

}  // namespace marquee::serving
