// HTTP/1.1 as the server takes it: strict, bounded, and ignorant of what is served. Requests come
// to one handler, on a thread of the server; the answer may come later and from any thread.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "configs/server_config.h"

namespace marquee {
class Error;
}

namespace marquee::serving {

struct HttpRequest {
  std::string method;  // "GET"
  std::string path;    // of the target, percent-encoded as it came: "/v1/titles/1/similar"
  std::vector<std::pair<std::string, std::string>> query;  // decoded
  std::string body;
  std::chrono::steady_clock::time_point arrived;  // when its first byte was read

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
  bool is_about_nobody = false;  // the access log has no user of it, whatever the request says
};

// {"error":text} with a status from 400 on.
HttpResponse error_response(int status, std::string_view text);

// 400 with the text of what the client did wrong; for anything else 500 and an id, under which the
// log says what happened: clients see no paths of this machine.
HttpResponse error_response(const Error& error);
HttpResponse failure_response(std::string_view what);

// 503 for a client that should come back in a few seconds, not all at the same one.
HttpResponse unavailable_response(std::string_view text);

// The way back to a client. Copies are the same way: the first response given to any of them is
// sent, and those that follow it are dropped. Safe to use from several threads.
class HttpReply {
 public:
  using Send = std::function<void(HttpResponse)>;

  HttpReply() = default;  // leads nowhere
  template <typename F>
  requires std::is_invocable_v<F, HttpResponse> HttpReply(
      F send)  // NOLINT: a function is a way back
      : state_(std::make_shared<State>(std::move(send))) {}

  void operator()(HttpResponse response) const;
  bool answered() const { return !state_ || state_->answered; }

 private:
  struct State {
    explicit State(Send function) : send(std::move(function)) {}
    Send send;
    std::atomic<bool> answered = false;
  };
  std::shared_ptr<State> state_;
};

using HttpHandler = std::function<void(HttpRequest, HttpReply)>;

// Decodes %41 and, in a query, "+"; throws Error for what is no encoding, or decodes to NUL or to
// bytes that are no UTF-8.
std::string percent_decoded(std::string_view text, bool in_query);
// As a piece of a path; decodes to the same text.
std::string percent_encoded(std::string_view text);

class HttpServer {
 public:
  struct Options {
    std::string address = "127.0.0.1";
    uint16_t port = 8080;  // 0: any that is free
    // A connection that oversteps a time is closed; what exceeds a size is answered with an error.
    configs::HttpConfig http = {};
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
