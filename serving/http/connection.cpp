#include "serving/http/connection.h"

#include <algorithm>
#include <array>

#include "core/error.h"
#include "core/text.h"
#include "serving/http/head.h"

namespace marquee::serving {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using asio::ip::tcp;
using Code = beast::error_code;

namespace {

constexpr size_t kReadBytes = 16 << 10;

std::string_view view(beast::string_view text) { return {text.data(), text.size()}; }
beast::string_view beast_view(std::string_view text) { return {text.data(), text.size()}; }

// The path and query of an absolute target, "http://host/path", as proxies send them (RFC 9112
// 3.2.2); others as they are.
std::string_view without_authority(std::string_view target) {
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (!beast::iequals(beast_view(target.substr(0, scheme.size())), beast_view(scheme))) continue;
    target.remove_prefix(scheme.size());
    const size_t authority = std::min(target.find_first_of("/?"), target.size());
    if (authority == 0) throw BadRequest{400, "the address names no host"};
    target.remove_prefix(authority);
    return target.empty() || target.front() == '?' ? "/" : target;
  }
  return target;
}

void split_target(std::string_view target, HttpRequest& request) {
  if (target == "*" && request.method == "OPTIONS") {  // of the server as a whole
    request.path = "*";
    return;
  }
  target = without_authority(target);
  if (target.empty() || target.front() != '/') {
    throw BadRequest{400, "the address must begin with /"};
  }
  const size_t mark = target.find('?');
  request.path = std::string(target.substr(0, mark));
  if (mark == std::string_view::npos) return;
  for (const std::string& pair : split(target.substr(mark + 1), '&')) {
    if (pair.empty()) continue;
    const size_t equals = std::min(pair.find('='), pair.size());
    const std::string_view value = std::string_view(pair).substr(std::min(equals + 1, pair.size()));
    try {
      request.query.emplace_back(percent_decoded(pair.substr(0, equals), true),
                                 percent_decoded(value, true));
    } catch (const Error&) {
      throw BadRequest{400, "the address does not decode to text"};
    }
  }
}

}  // namespace

HttpConnection::HttpConnection(tcp::socket socket, asio::ip::address address,
                               std::shared_ptr<HttpShared> shared)
    : stream_(std::move(socket), shared->tls ? &*shared->tls : nullptr),
      address_(std::move(address)),
      shared_(std::move(shared)) {}

HttpConnection::~HttpConnection() { shared_->count.remove(address_); }

void HttpConnection::start() {
  asio::dispatch(stream_.get_executor(), [self = shared_from_this()] {
    Code ignored;
    self->stream_.socket().set_option(tcp::no_delay(true), ignored);
    self->stream_.expires_after(std::chrono::seconds(self->shared_->config.head_seconds));
    self->stream_.async_open([self](Code error) { error ? self->close() : self->await_request(); });
  });
}

void HttpConnection::close_if_idle() {
  asio::post(stream_.get_executor(), [self = shared_from_this()] {
    if (self->idle_) self->stream_.close();
  });
}

void HttpConnection::await_request() {
  idle_ = true;
  if (buffer_.size() > 0) {
    begin_head();
    return;
  }
  if (shared_->draining) {
    close();
    return;
  }
  stream_.expires_after(std::chrono::seconds(shared_->config.idle_seconds));
  read_some([this] { begin_head(); });
}

void HttpConnection::begin_head() {
  idle_ = false;
  skipped_line_ = false;
  arrived_ = std::chrono::steady_clock::now();
  stream_.expires_after(std::chrono::seconds(shared_->config.head_seconds));
  read_head();
}

void HttpConnection::read_head() {
  try {
    if (skip_empty_line()) return read_some([this] { read_head(); });
    const auto bytes = buffer_.cdata();
    const auto end = head_end({static_cast<const char*>(bytes.data()), bytes.size()});
    if (end) {
      parse_head(*end);
    } else {
      read_some([this] { read_head(); });
    }
  } catch (const BadRequest& bad) {
    refuse(bad.status, bad.text);
  }
}

// One empty line before a request is ignored, as RFC 9112 2.2 asks for. Whether more has to be read
// to know what the buffer begins with.
bool HttpConnection::skip_empty_line() {
  if (skipped_line_) return buffer_.size() == 0;
  const auto bytes = buffer_.cdata();
  const std::string_view text(static_cast<const char*>(bytes.data()), bytes.size());
  if (text == "\r") return true;
  if (!text.starts_with("\r\n")) return text.empty();
  buffer_.consume(2);
  skipped_line_ = true;
  return buffer_.size() == 0;
}

template <typename Then>
void HttpConnection::read_some(Then then) {
  stream_.async_read_some(buffer_.prepare(kReadBytes),
                          [self = shared_from_this(), then](Code error, size_t count) {
                            if (error) {
                              self->close();
                              return;
                            }
                            self->buffer_.commit(count);
                            then();
                          });
}

void HttpConnection::parse_head(size_t end) {
  parser_.emplace();
  parser_->header_limit(static_cast<uint32_t>(kMaxHeadBytes + 4));
  parser_->body_limit(uint64_t(shared_->config.body_kib) << 10);
  Code error;
  parser_->put(asio::buffer(buffer_.cdata().data(), end), error);
  buffer_.consume(end);
  if (error == http::error::body_limit) throw BadRequest{413, "the body is too large"};
  if (error) throw BadRequest{400, "the request is no HTTP/1.1"};
  const auto& head = parser_->get();
  if (head.version() == 11 && head.count(http::field::host) != 1) {
    throw BadRequest{400, "the request needs one Host"};
  }
  // "24,24" and "+24" are numbers to some parsers and none to others.
  const auto length = view(head[http::field::content_length]);
  if (length.find_first_not_of("0123456789") != std::string_view::npos) {
    throw BadRequest{400, "the length of the body is no number"};
  }
  if (head.method() == http::verb::unknown) throw BadRequest{501, "an unknown method"};
  read_body();
}

void HttpConnection::read_body() {
  stream_.expires_after(std::chrono::seconds(shared_->config.body_seconds));
  if (parser_->is_done()) {
    hand_over();
  } else if (beast::iequals(parser_->get()[http::field::expect], "100-continue")) {
    static constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
    asio::async_write(stream_, asio::buffer(kContinue),
                      [self = shared_from_this()](Code error, size_t) {
                        error ? self->close() : self->read_rest();
                      });
  } else {
    read_rest();
  }
}

void HttpConnection::read_rest() {
  http::async_read(stream_, buffer_, *parser_, [self = shared_from_this()](Code error, size_t) {
    if (!error) {
      self->hand_over();
    } else if (error == http::error::body_limit) {
      self->refuse(413, "the body is too large");
    } else if (error == beast::error::timeout || error == http::error::end_of_stream ||
               error == http::error::partial_message ||
               error.category() == asio::error::get_system_category()) {
      self->close();
    } else {
      self->refuse(400, "the body is no HTTP/1.1");
    }
  });
}

void HttpConnection::hand_over() {
  HttpRequest request;
  try {
    request = taken_request();
  } catch (const BadRequest& bad) {
    refuse(bad.status, bad.text);
    return;
  }
  stream_.expires_never();
  shared_->handler(std::move(request), [self = shared_from_this()](HttpResponse response) {
    asio::post(self->stream_.get_executor(), [self, response = std::move(response)]() mutable {
      self->write(std::move(response));
    });
  });
}

HttpRequest HttpConnection::taken_request() {
  auto message = parser_->release();
  keep_alive_ = message.keep_alive();
  says_keep_alive_ = keep_alive_ && message.version() < 11;
  head_only_ = message.method() == http::verb::head;
  HttpRequest request;
  request.method = std::string(view(message.method_string()));
  split_target(view(message.target()), request);
  for (const auto& field : message) {
    request.fields.emplace_back(lower_case(view(field.name_string())),
                                std::string(view(field.value())));
  }
  request.body = std::move(message.body());
  request.arrived = arrived_;
  return request;
}

void HttpConnection::refuse(int status, const char* text) {
  keep_alive_ = false;
  head_only_ = false;
  write(error_response(status, text));
}

void HttpConnection::write(HttpResponse response) {
  keep_alive_ = keep_alive_ && !shared_->draining;
  head_ = cat("HTTP/1.1 ", response.status, ' ',
              view(http::obsolete_reason(static_cast<http::status>(response.status))), "\r\n");
  if (response.status != 204) {  // which has no body (RFC 9110 15.3.5)
    head_ += cat("Content-Type: ", response.content_type,
                 "\r\nContent-Length: ", response.body.size(), "\r\n");
  }
  for (const auto& [name, value] : response.fields) head_ += name + ": " + value + "\r\n";
  // A client of HTTP/1.0 takes a connection for closed unless the response says otherwise.
  if (!keep_alive_) head_ += "Connection: close\r\n";
  if (keep_alive_ && says_keep_alive_) head_ += "Connection: keep-alive\r\n";
  head_ += "\r\n";
  body_ = head_only_ ? std::string() : std::move(response.body);
  stream_.expires_after(std::chrono::seconds(shared_->config.write_seconds));
  asio::async_write(stream_, std::array{asio::buffer(head_), asio::buffer(body_)},
                    [self = shared_from_this()](Code error, size_t) {
                      if (error) {
                        self->close();
                      } else if (self->keep_alive_) {
                        self->await_request();
                      } else {
                        self->linger();
                      }
                    });
}

// Reads what still comes for a moment, so that the answer is not lost to a reset.
void HttpConnection::linger() {
  stream_.expires_after(std::chrono::seconds(1));
  stream_.async_end(
      [self = shared_from_this()](Code error) { error ? self->close() : self->drop_rest(); });
}

void HttpConnection::drop_rest() {
  buffer_.clear();
  stream_.async_read_some(buffer_.prepare(kReadBytes),
                          [self = shared_from_this()](Code error, size_t) {
                            error ? self->close() : self->drop_rest();
                          });
}

}  // namespace marquee::serving
