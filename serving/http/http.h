// HTTP/1.1 as the server takes it: strict, bounded, and ignorant of what is served. Requests come
// to one handler, on a thread of the server; the answer may come later and from any thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace marquee {
class Error;
}

namespace marquee::serving {

// A connection that oversteps a time is closed; of what goes beyond a size it is told.
struct HttpLimits {
  size_t request_line_bytes = 8 << 10;
  size_t head_bytes = 64 << 10;  // request line and fields
  int fields = 100;
  size_t body_bytes = 2 << 20;
  std::chrono::milliseconds head_time{5'000};   // from its first byte to its last
  std::chrono::milliseconds body_time{10'000};  // from its first byte to its last
  std::chrono::milliseconds idle_time{60'000};  // between requests
  std::chrono::milliseconds write_time{10'000};
  int connections = 10'000;
  int connections_per_address = 256;
};

struct HttpRequest {
  std::string method;  // "GET"
  std::string path;    // of the target, percent-encoded as it came: "/v1/titles/1/similar"
  std::vector<std::pair<std::string, std::string>> query;  // decoded
  std::string body;
  std::chrono::steady_clock::time_point arrived;  // when its first byte was read
  std::shared_ptr<std::string> about = nullptr;   // for the log: the member, once it is known

  // The value of a field, by its name in lower case; empty if it is not there.
  std::string_view field(std::string_view name) const;
  bool has_field(std::string_view name) const;

  std::vector<std::pair<std::string, std::string>> fields;  // names in lower case
};

struct HttpResponse {
  int status = 200;
  std::string body;
  std::string content_type = "application/json";
  std::vector<std::pair<std::string, std::string>> fields = {};  // beside those every answer has
};

// {"error":text} with a status from 400 on.
HttpResponse error_response(int status, std::string_view text);

// 400 with the text of what the client did wrong; for anything else 500 and an id, under which the
// log says what happened: clients are told no paths of this machine.
HttpResponse error_response(const Error& error);
HttpResponse failure_response(std::string_view what);

// 503 for a client that should come back in a few seconds, not all at the same one.
HttpResponse unavailable_response(std::string_view text);

using HttpReply = std::function<void(HttpResponse)>;  // called once
using HttpHandler = std::function<void(HttpRequest, HttpReply)>;

// Decodes %41 and, in a query, "+"; throws Error for what is no encoding, or decodes to NUL or to
// bytes that are no UTF-8.
std::string percent_decoded(std::string_view text, bool in_query);

class HttpServer {
 public:
  struct Options {
    std::string address = "127.0.0.1";
    uint16_t port = 8080;  // 0: any that is free
    int threads = 1;
    HttpLimits limits = {};
    // PEM files of the chain and its key: TLS 1.2 or later, and nothing else. Empty: plain HTTP.
    std::filesystem::path tls_certificate = {}, tls_key = {};
  };

  // Listens from here on, and lets who connects wait; throws Error naming address and port, or a
  // file of TLS, if it cannot.
  explicit HttpServer(const Options& options);
  ~HttpServer();  // stops at once

  void start(HttpHandler handler);  // once

  uint16_t port() const;
  int connections() const;

  // No connection is accepted any more and those that are open are closed after the answer they
  // wait for. Waits until all are, but not longer than `at_most`; gives whether all were.
  bool drain(std::chrono::milliseconds at_most);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace marquee::serving
