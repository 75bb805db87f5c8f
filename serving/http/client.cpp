#include "serving/http/client.h"

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <chrono>
#include <mutex>
#include <string_view>
#include <thread>
#include <vector>

#include "core/error.h"
#include "core/interrupt.h"
#include "core/text.h"

namespace marquee::serving {

namespace {

namespace beast = boost::beast;
namespace http = beast::http;
using boost::asio::ip::tcp;

constexpr auto kPatience = std::chrono::seconds(30);
constexpr int kTries = 10;  // of a request to a server that is full
constexpr auto kPause = std::chrono::seconds(1);
constexpr size_t kMostBytes = 16 << 20;  // of an answer
constexpr size_t kSaid = 500;            // of an answer in an error

// "http://HOST[:PORT]"
struct Address {
  std::string host, port = "80";

  explicit Address(const std::string& url) {
    constexpr std::string_view kScheme = "http://";
    std::string_view rest = url;
    if (!rest.starts_with(kScheme)) throw bad(url);
    rest.remove_prefix(kScheme.size());
    while (rest.ends_with('/')) rest.remove_suffix(1);
    const size_t colon = rest.find(':');
    host = rest.substr(0, colon);
    if (colon != std::string_view::npos) port = rest.substr(colon + 1);
    const bool digits = std::ranges::all_of(port, [](char c) { return c >= '0' && c <= '9'; });
    if (host.empty() || port.empty() || !digits || rest.find('/') != std::string_view::npos) {
      throw bad(url);
    }
  }

  static Error bad(const std::string& url) {
    return Error(cat("server: must be http://HOST:PORT, not ", in_quotes(url)));
  }
};

struct Reply {
  int status = 0;
  std::string body;
};

// A connection that stays open from request to request.
class Connection {
 public:
  Connection(const Address& address, std::string key)
      : address_(address), key_(std::move(key)), stream_(context_) {
    const auto places = tcp::resolver(context_).resolve(address.host, address.port);
    wait([&](const auto& done) {
      stream_.async_connect(places, [done](const auto& error, const auto&) { done(error, 0); });
    });
  }

  Reply call(const std::string& method, const std::string& path, std::string body) {
    http::request<http::string_body> request;
    request.method_string(method);
    request.target(path);
    request.version(11);
    request.set(http::field::host, address_.host);
    if (!key_.empty()) request.set(http::field::authorization, "Bearer " + key_);
    if (!body.empty()) request.set(http::field::content_type, "application/json");
    request.body() = std::move(body);
    request.prepare_payload();
    wait([&](const auto& done) { http::async_write(stream_, request, done); });
    http::response_parser<http::string_body> parser;
    parser.body_limit(kMostBytes);
    wait([&](const auto& done) { http::async_read(stream_, buffer_, parser, done); });
    open_ = parser.get().keep_alive();
    return {static_cast<int>(parser.get().result_int()), std::move(parser.get().body())};
  }

  bool open() const { return open_; }

 private:
  // Begins an operation, which is given what to call at its end, and waits for that, but not longer
  // than kPatience: only asynchronous operations have a timeout.
  template <typename Begin>
  void wait(const Begin& begin) {
    boost::system::error_code result = boost::asio::error::would_block;
    stream_.expires_after(kPatience);
    begin([&](const boost::system::error_code& error, size_t) { result = error; });
    context_.restart();
    context_.run();
    if (result) throw boost::system::system_error(result);
  }

  const Address& address_;
  const std::string key_;
  boost::asio::io_context context_{1};
  beast::tcp_stream stream_;
  beast::flat_buffer buffer_;
  bool open_ = true;
};

}  // namespace

struct HttpClient::State {
  State(const std::string& address_of, const std::string& secret)
      : url(address_of), address(address_of), key(secret) {}

  std::unique_ptr<Connection> idle_connection() {
    const std::lock_guard lock(mutex);
    if (idle.empty()) return nullptr;
    auto connection = std::move(idle.back());
    idle.pop_back();
    return connection;
  }

  Reply call(const std::string& method, const std::string& path, const std::string& body) {
    if (auto connection = idle_connection()) {
      try {
        return call_on(std::move(connection), method, path, body);
      } catch (const boost::system::system_error&) {
        // The server ends connections that nobody uses; all requests may come twice.
      }
    }
    try {
      return call_on(std::make_unique<Connection>(address, key), method, path, body);
    } catch (const boost::system::system_error& error) {
      throw system_error(cat(url, path, ": ", error.code().message()));
    }
  }

  Reply call_on(std::unique_ptr<Connection> connection, const std::string& method,
                const std::string& path, const std::string& body) {
    Reply reply = connection->call(method, path, body);
    const std::lock_guard lock(mutex);
    if (connection->open()) idle.push_back(std::move(connection));
    return reply;
  }

  const std::string url;
  const Address address;
  const std::string key;
  std::mutex mutex;  // guards idle
  std::vector<std::unique_ptr<Connection>> idle;
};

HttpClient::HttpClient(const std::string& url, const std::string& key)
    : state_(std::make_unique<State>(url, key)) {}

HttpClient::~HttpClient() = default;

std::string HttpClient::call(const std::string& method, const std::string& path,
                             const std::string& body) {
  for (int tried = 1;; ++tried) {
    const Reply reply = state_->call(method, path, body);
    if (reply.status == 200) return reply.body;
    const bool full = reply.status == 503 || reply.status == 429 || reply.status == 504;
    if (!full || tried == kTries) {
      throw Error(
          cat(state_->url, path, ": answered ", reply.status, ": ", reply.body.substr(0, kSaid)),
          full ? ErrorKind::kSystem : ErrorKind::kInput);
    }
    throw_if_interrupted();
    std::this_thread::sleep_for(kPause);
  }
}

}  // namespace marquee::serving
