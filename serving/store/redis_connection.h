// A connection to Redis, by hiredis.
#pragma once

#include <hiredis/hiredis.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "serving/store/redis_address.h"

namespace marquee::serving {

struct FreeReply {
  void operator()(redisReply* reply) const { freeReplyObject(reply); }
};
using RedisReply = std::unique_ptr<redisReply, FreeReply>;

inline std::string_view text(const redisReply* reply) { return {reply->str, reply->len}; }

// Throws Error (system) for any failure and must not be used after one. The password is
// MARQUEE_REDIS_PASSWORD, where there is one.
class RedisConnection {
 public:
  explicit RedisConnection(const RedisAddress& address);

  // Commands are answered in the order in which they were sent.
  void send(const std::vector<std::string>& command);
  RedisReply receive();
  RedisReply request(const std::vector<std::string>& command);

 private:
  void check() const;

  struct Free {
    void operator()(redisContext* context) const { redisFree(context); }
  };
  std::unique_ptr<redisContext, Free> context_;
};

}  // namespace marquee::serving
