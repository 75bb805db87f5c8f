#include "serving/store/redis_address.h"

#include <charconv>

#include "core/error.h"
#include "core/text.h"

namespace marquee::serving {

namespace {

int number(std::string_view text, int most, const std::string& url) {
  int value = -1;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value < 0 || value > most) {
    throw Error(cat(in_quotes(url), " must be redis://HOST[:PORT][/DATABASE]"));
  }
  return value;
}

}  // namespace

RedisAddress parse_redis_address(const std::string& url) {
  constexpr std::string_view kScheme = "redis://";
  std::string_view rest = url;
  if (!rest.starts_with(kScheme)) number("", 0, url);
  rest.remove_prefix(kScheme.size());
  RedisAddress address;
  if (const size_t slash = rest.find('/'); slash != std::string_view::npos) {
    if (slash + 1 < rest.size()) address.database = number(rest.substr(slash + 1), 65'535, url);
    rest = rest.substr(0, slash);
  }
  if (const size_t colon = rest.rfind(':'); colon != std::string_view::npos) {
    address.port = number(rest.substr(colon + 1), 65'535, url);
    rest = rest.substr(0, colon);
  }
  address.host = rest;
  if (address.host.empty()) number("", 0, url);
  return address;
}

}  // namespace marquee::serving
