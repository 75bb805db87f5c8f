#include "serving/store/redis_connection.h"

#include <sys/time.h>

#include <charconv>
#include <cstdlib>

#include "core/error.h"
#include "core/text.h"

namespace marquee::serving {

namespace {

constexpr timeval kPatience{.tv_sec = 2, .tv_usec = 0};

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
