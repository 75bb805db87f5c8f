#include "serving/api/routing.h"

#include <algorithm>
#include <charconv>

#include "core/error.h"
#include "core/text.h"
#include "data/limits.h"
#include "inference/request.h"

namespace marquee::serving {

using Clock = std::chrono::steady_clock;

std::optional<std::vector<std::string_view>> matched(std::string_view pattern,
                                                     std::string_view path) {
  std::vector<std::string_view> pieces;
  while (true) {
    const size_t hole = pattern.find("{}");
    if (hole == std::string_view::npos) break;
    if (!path.starts_with(pattern.substr(0, hole))) return std::nullopt;
    path.remove_prefix(hole);
    pattern.remove_prefix(hole + 2);
    const size_t end = std::min(path.find('/'), path.size());
    if (end == 0) return std::nullopt;
    pieces.push_back(path.substr(0, end));
    path.remove_prefix(end);
  }
  return pattern == path ? std::optional(pieces) : std::nullopt;
}

std::string id_in(std::string_view pattern, const HttpRequest& request) {
  std::string id = percent_decoded(matched(pattern, request.path)->front(), false);
  if (id.size() > data::kMaxIdBytes) {
    throw Error(cat("an id has at most ", data::kMaxIdBytes, " bytes"));
  }
  return id;
}

void check_query(const HttpRequest& request, const std::vector<std::string>& known) {
  std::vector<std::string> met;
  for (const auto& [name, value] : request.query) {
    if (std::find(known.begin(), known.end(), name) == known.end()) {
      throw Error(cat("there is no parameter ", in_quotes(name), " here",
                      known.empty() ? "" : "; there is " + join(known, ", ")));
    }
    if (std::find(met.begin(), met.end(), name) != met.end())
      throw Error(name + ": is given twice");
    met.push_back(name);
  }
}

std::string parameter(const HttpRequest& request, std::string_view name) {
  for (const auto& [key, value] : request.query) {
    if (key == name) return value;
  }
  return "";
}

int count_parameter(const HttpRequest& request, int fallback) {
  const std::string text = parameter(request, "k");
  if (text.empty()) return fallback;
  int count = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  if (error != std::errc() || end != text.data() + text.size() || count < 1 ||
      count > inference::kMaxTitlesAnswered) {
    throw Error(cat("k: must be a whole number from 1 to ", inference::kMaxTitlesAnswered, ", not ",
                    in_quotes(text)));
  }
  return count;
}

bool flag_parameter(const HttpRequest& request, std::string_view name) {
  for (const auto& [key, value] : request.query) {
    if (key != name || value == "false") continue;
    if (value.empty() || value == "true") return true;
    throw Error(cat(name, ": must be true or false, not ", in_quotes(value)));
  }
  return false;
}

Clock::time_point deadline_of(const HttpRequest& request, std::chrono::milliseconds fallback) {
  static constexpr std::string_view kField = "x-request-deadline-ms";
  if (!request.has_field(kField)) return request.arrived + fallback;
  const std::string_view text = request.field(kField);
  int64_t most = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), most);
  if (error != std::errc() || end != text.data() + text.size() || most < 1 || most > 600'000) {
    throw Error(cat("X-Request-Deadline-Ms: must be 1 to 600000, not ", in_quotes(text)));
  }
  return request.arrived + std::chrono::milliseconds(most);
}

}  // namespace marquee::serving
