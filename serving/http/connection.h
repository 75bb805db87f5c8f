// One connection: reads a request, hands it over, writes the answer, and begins again. Everything
// of it happens on the thread of its socket.
#pragma once

#include <atomic>
#include <utility>  // clang-format off: Boost 1.74 needs it and forgets it
// clang-format on
#include <boost/beast/http.hpp>
#include <map>
#include <memory>
#include <mutex>
#include <optional>

#include "serving/http/http.h"
#include "serving/http/stream.h"

namespace marquee::serving {

// How many connections there are, of all and of each address.
class ConnectionCount {
 public:
  explicit ConnectionCount(const configs::HttpConfig& limits) : limits_(limits) {}

  bool add(const boost::asio::ip::address& address) {
    const std::lock_guard lock(mutex_);
    if (total_ >= limits_.connections) return false;
    int& own = of_address_[address];
    if (own >= limits_.connections_per_address) return false;
    ++own;
    ++total_;
    return true;
  }

  void remove(const boost::asio::ip::address& address) {
    const std::lock_guard lock(mutex_);
    if (--of_address_[address] == 0) of_address_.erase(address);
    --total_;
  }

  int total() const {
    const std::lock_guard lock(mutex_);
    return total_;
  }

 private:
  const configs::HttpConfig& limits_;
  mutable std::mutex mutex_;  // guards what follows
  std::map<boost::asio::ip::address, int> of_address_;
  int total_ = 0;
};

// What all connections share.
struct HttpShared {
  explicit HttpShared(const configs::HttpConfig& given) : config(given), count(config) {}

  const configs::HttpConfig config;
  HttpHandler handler;  // there before the first connection
  std::optional<boost::asio::ssl::context> tls;
  ConnectionCount count;
  std::atomic<bool> draining = false;
};

class HttpConnection : public std::enable_shared_from_this<HttpConnection> {
 public:
  HttpConnection(boost::asio::ip::tcp::socket socket, boost::asio::ip::address address,
                 std::shared_ptr<HttpShared> shared);
  ~HttpConnection();

  void start();
  void close_if_idle();  // ends it unless an answer is due

 private:
  using Parser = boost::beast::http::request_parser<boost::beast::http::string_body>;

  void await_request();
  void begin_head();
  void read_head();
  bool skip_empty_line();
  void parse_head(size_t end);
  void read_body();
  void read_rest();
  void hand_over();
  HttpRequest taken_request();
  void refuse(int status, const char* text);  // after it nothing more is read
  void write(HttpResponse response);
  void linger();
  void drop_rest();
  void close() { stream_.close(); }

  template <typename Then>
  void read_some(Then then);

  HttpStream stream_;
  const boost::asio::ip::address address_;
  const std::shared_ptr<HttpShared> shared_;
  boost::beast::flat_buffer buffer_;
  std::optional<Parser> parser_;
  std::chrono::steady_clock::time_point arrived_;
  std::string head_, body_;
  bool keep_alive_ = false, head_only_ = false;
  bool says_keep_alive_ = false;  // HTTP/1.0
  bool skipped_line_ = false;
  bool idle_ = true;  // between requests
};

}  // namespace marquee::serving
