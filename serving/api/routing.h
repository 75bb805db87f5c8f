// Reads the address and the fields of a request: path patterns, parameters, deadlines.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "serving/http/http.h"

namespace marquee::serving {

// The pieces of `path` that match each {} of the pattern, not decoded; nothing if it is another
// path.
std::optional<std::vector<std::string_view>> matched(std::string_view pattern,
                                                     std::string_view path);

// The first of them, decoded. Throws Error as percent_decoded, and for more than kMaxIdBytes.
std::string id_in(std::string_view pattern, const HttpRequest& request);

// Throws Error for a parameter that is none of `known` or is given twice.
void check_query(const HttpRequest& request, const std::vector<std::string>& known);

std::string parameter(const HttpRequest& request, std::string_view name);  // "": not given

// The parameter k; throws Error unless it is 1 to kMaxTitlesAnswered.
int count_parameter(const HttpRequest& request, int fallback);

// Whether a parameter is given, as "?explain" or with true or false; throws Error for another
// value.
bool flag_parameter(const HttpRequest& request, std::string_view name);

// When the client stops waiting. Throws Error if X-Request-Deadline-Ms is not 1 to 600000.
std::chrono::steady_clock::time_point deadline_of(const HttpRequest& request,
                                                  std::chrono::milliseconds fallback);

}  // namespace marquee::serving
