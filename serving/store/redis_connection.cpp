#include "serving/store/redis_connection.h"

#include <sys/time.h>

#include <cstdlib>

#include "core/error.h"
#include "core/text.h"

namespace marquee::serving {

namespace {

constexpr timeval kPatience{.tv_sec = 2, .tv_usec = 0};

}  // namespace

RedisConnection::RedisConnection(const RedisAddress& address)
    : context_(redisConnectWithTimeout(address.host.c_str(), address.port, kPatience)) {
  if (context_ == nullptr) throw system_error("Redis: no memory");
  check();
  redisSetTimeout(context_.get(), kPatience);
  const char* password = std::getenv("MARQUEE_REDIS_PASSWORD");
  if (password != nullptr && *password != '\0') request({"AUTH", password});
  if (address.database != 0) request({"SELECT", std::to_string(address.database)});
}

void RedisConnection::send(const std::vector<std::string>& command) {
  std::vector<const char*> words;
  std::vector<size_t> lengths;
  for (const std::string& word : command) {
    words.push_back(word.data());
    lengths.push_back(word.size());
  }
  redisAppendCommandArgv(context_.get(), static_cast<int>(words.size()), words.data(),
                         lengths.data());
  check();
}

RedisReply RedisConnection::receive() {
  void* got = nullptr;
  redisGetReply(context_.get(), &got);
  check();
  RedisReply reply(static_cast<redisReply*>(got));
  if (reply->type == REDIS_REPLY_ERROR) {
    throw system_error(cat("Redis: ", text(reply.get())));
  }
  return reply;
}

RedisReply RedisConnection::request(const std::vector<std::string>& command) {
  send(command);
  return receive();
}

void RedisConnection::check() const {
  if (context_->err != 0) throw system_error(cat("Redis: ", context_->errstr));
}

}  // namespace marquee::serving
