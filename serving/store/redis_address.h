// Where histories are in Redis.
#pragma once

#include <compare>
#include <string>

namespace marquee::serving {

struct RedisAddress {
  std::string host;
  int port = 6379;
  int database = 0;
  auto operator<=>(const RedisAddress&) const = default;
};

// "redis://HOST[:PORT][/DATABASE]"; throws Error if it is not of this form.
RedisAddress parse_redis_address(const std::string& url);

}  // namespace marquee::serving
