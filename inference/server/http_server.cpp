// One io_context a thread: a connection lives on one of them, so that nothing of it needs a lock.
#include <atomic>
#include <boost/asio.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <map>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>  // Boost 1.74 forgets it

#include "core/error.h"
#include "core/log.h"
#include "core/text.h"
#include "core/threads.h"
#include "inference/server/http.h"
#include "inference/server/http_head.h"

namespace marquee::server {

namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using asio::ip::tcp;
using Code = beast::error_code;

// How many connections there are, of all and of each address.
class ConnectionCount {
 public:
  explicit ConnectionCount(const HttpLimits& limits) : limits_(limits) {}

  bool add(const asio::ip::address& address) {
    const std::lock_guard lock(mutex_);
    if (total_ >= limits_.connections) return false;
    int& own = of_address_[address];
    if (own >= limits_.connections_per_address) return false;
    ++own;
    ++total_;
    return true;
  }

  void remove(const asio::ip::address& address) {
    const std::lock_guard lock(mutex_);
    if (--of_address_[address] == 0) of_address_.erase(address);
    --total_;
  }

  int total() const {
    const std::lock_guard lock(mutex_);
    return total_;
  }

 private:
  const HttpLimits& limits_;
  mutable std::mutex mutex_;
  std::map<asio::ip::address, int> of_address_;
  int total_ = 0;
};

std::string lower(std::string_view text) {
  std::string result(text);
  for (char& c : result) c = static_cast<char>(c >= 'A' && c <= 'Z' ? c | 0x20 : c);
  return result;
}

std::string_view view(beast::string_view text) { return {text.data(), text.size()}; }

void split_target(std::string_view target, HttpRequest& request) {
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

// What all connections share.
struct Shared {
  Shared(const HttpLimits& given, HttpHandler handle)
      : limits(given), handler(std::move(handle)), count(limits) {}

  const HttpLimits limits;
  const HttpHandler handler;
  ConnectionCount count;
  std::atomic<bool> draining = false;
};

class Connection : public std::enable_shared_from_this<Connection> {
 public:
  Connection(tcp::socket socket, asio::ip::address address, std::shared_ptr<Shared> shared)
      : stream_(std::move(socket)), address_(std::move(address)), shared_(std::move(shared)) {}

  ~Connection() { shared_->count.remove(address_); }

  void start() {
    asio::dispatch(stream_.get_executor(), [self = shared_from_this()] {
      Code ignored;
      self->stream_.socket().set_option(tcp::no_delay(true), ignored);
      self->await_request();
    });
  }

  // Ends it unless an answer is due.
  void close_if_idle() {
    asio::post(stream_.get_executor(), [self = shared_from_this()] {
      if (self->idle_) self->stream_.close();
    });
  }

 private:
  using Parser = http::request_parser<http::string_body>;

  void await_request() {
    idle_ = true;
    if (buffer_.size() > 0) {
      begin_head();
      return;
    }
    if (shared_->draining) {
      close();
      return;
    }
    stream_.expires_after(shared_->limits.idle_time);
    read_some([this] { begin_head(); });
  }

  void begin_head() {
    idle_ = false;
    arrived_ = std::chrono::steady_clock::now();
    stream_.expires_after(shared_->limits.head_time);
    read_head();
  }

  void read_head() {
    try {
      const auto bytes = buffer_.cdata();
      const auto end =
          head_end({static_cast<const char*>(bytes.data()), bytes.size()}, shared_->limits);
      if (end) {
        parse_head(*end);
      } else {
        read_some([this] { read_head(); });
      }
    } catch (const BadRequest& bad) {
      refuse(bad.status, bad.text);
    }
  }

  template <typename Then>
  void read_some(Then then) {
    stream_.async_read_some(buffer_.prepare(kReadBytes),
                            [self = shared_from_this(), then](Code error, size_t count) {
                              if (error == beast::error::timeout && !self->idle_) {
                                self->refuse(408, "the request took too long to arrive");
                                return;
                              }
                              if (error) {
                                self->close();
                                return;
                              }
                              self->buffer_.commit(count);
                              then();
                            });
  }

  void parse_head(size_t end) {
    parser_.emplace();
    parser_->header_limit(static_cast<uint32_t>(shared_->limits.head_bytes + 4));
    parser_->body_limit(shared_->limits.body_bytes);
    Code error;
    parser_->put(asio::buffer(buffer_.cdata().data(), end), error);
    buffer_.consume(end);
    if (error == http::error::body_limit) throw BadRequest{413, "the body is too large"};
    if (error) throw BadRequest{400, "the request is no HTTP/1.1"};
    const auto& head = parser_->get();
    if (head.version() == 11 && head.count(http::field::host) != 1) {
      throw BadRequest{400, "the request needs one Host"};
    }
    if (head.method() == http::verb::unknown) throw BadRequest{501, "an unknown method"};
    read_body();
  }

  void read_body() {
    stream_.expires_after(shared_->limits.body_time);
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

  void read_rest() {
    http::async_read(stream_, buffer_, *parser_, [self = shared_from_this()](Code error, size_t) {
      if (!error) {
        self->hand_over();
      } else if (error == beast::error::timeout) {
        self->refuse(408, "the body took too long to arrive");
      } else if (error == http::error::body_limit) {
        self->refuse(413, "the body is too large");
      } else if (error == http::error::end_of_stream || error == http::error::partial_message ||
                 error.category() == asio::error::get_system_category()) {
        self->close();
      } else {
        self->refuse(400, "the body is no HTTP/1.1");
      }
    });
  }

  void hand_over() {
    HttpRequest request;
    try {
      request = taken_request();
    } catch (const BadRequest& bad) {
      refuse(bad.status, bad.text);
      return;
    }
    stream_.expires_never();
    const auto once = std::make_shared<std::atomic<bool>>(false);
    shared_->handler(std::move(request), [self = shared_from_this(), once](HttpResponse response) {
      if (once->exchange(true)) return;
      asio::post(self->stream_.get_executor(), [self, response = std::move(response)]() mutable {
        self->write(std::move(response));
      });
    });
  }

  HttpRequest taken_request() {
    auto message = parser_->release();
    keep_alive_ = message.keep_alive();
    head_only_ = message.method() == http::verb::head;
    HttpRequest request;
    request.method = std::string(view(message.method_string()));
    split_target(view(message.target()), request);
    for (const auto& field : message) {
      request.fields.emplace_back(lower(view(field.name_string())),
                                  std::string(view(field.value())));
    }
    request.body = std::move(message.body());
    request.arrived = arrived_;
    return request;
  }

  // An error after which nothing more can be read from this connection.
  void refuse(int status, const char* text) {
    keep_alive_ = false;
    head_only_ = false;
    write(error_response(status, text));
  }

  void write(HttpResponse response) {
    keep_alive_ = keep_alive_ && !shared_->draining;
    head_ = cat("HTTP/1.1 ", response.status, ' ',
                view(http::obsolete_reason(static_cast<http::status>(response.status))),
                "\r\nContent-Type: ", response.content_type,
                "\r\nContent-Length: ", response.body.size(), "\r\n");
    for (const auto& [name, value] : response.fields) head_ += name + ": " + value + "\r\n";
    if (!keep_alive_) head_ += "Connection: close\r\n";
    head_ += "\r\n";
    body_ = head_only_ ? std::string() : std::move(response.body);
    stream_.expires_after(shared_->limits.write_time);
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
  void linger() {
    Code ignored;
    stream_.socket().shutdown(tcp::socket::shutdown_send, ignored);
    stream_.expires_after(std::chrono::seconds(1));
    drop_rest();
  }

  void drop_rest() {
    buffer_.clear();
    stream_.async_read_some(buffer_.prepare(kReadBytes),
                            [self = shared_from_this()](Code error, size_t) {
                              error ? self->close() : self->drop_rest();
                            });
  }

  void close() { stream_.close(); }

  static constexpr size_t kReadBytes = 16 << 10;

  beast::tcp_stream stream_;
  const asio::ip::address address_;
  const std::shared_ptr<Shared> shared_;
  beast::flat_buffer buffer_;
  std::optional<Parser> parser_;
  std::chrono::steady_clock::time_point arrived_;
  std::string head_, body_;
  bool keep_alive_ = false, head_only_ = false;
  bool idle_ = true;  // between requests
};

}  // namespace

struct HttpServer::State {
  State(const Options& options, HttpHandler handler)
      : shared(std::make_shared<Shared>(options.limits, std::move(handler))),
        contexts(make_contexts(options.threads)),
        acceptor(*contexts.front()),
        pause(*contexts.front()) {
    listen(options);
    accept();
    for (size_t i = 0; i < contexts.size(); ++i) {
      guards.push_back(asio::make_work_guard(*contexts[i]));
      threads.emplace_back([this, i] {
        name_this_thread(cat("http-", i));
        contexts[i]->run();
      });
    }
  }

  ~State() {
    for (const auto& context : contexts) context->stop();
    for (auto& thread : threads) thread.join();
  }

  void listen(const Options& options) {
    const std::string where = cat(options.address, ":", options.port);
    Code error;
    const auto address = asio::ip::make_address(options.address, error);
    if (error) throw Error(cat(options.address, " is no address to listen on, such as 127.0.0.1"));
    const tcp::endpoint endpoint(address, options.port);
    acceptor.open(endpoint.protocol(), error);
    if (!error) acceptor.set_option(tcp::acceptor::reuse_address(true), error);
    if (!error) acceptor.bind(endpoint, error);
    if (!error) acceptor.listen(asio::socket_base::max_listen_connections, error);
    if (error == asio::error::address_in_use) {
      throw Error(cat("port ", options.port, " of ", options.address,
                      " is taken; choose another with --port, or 0 for any"));
    }
    if (error) throw system_error(cat("cannot listen on ", where, ": ", error.message()));
    port = acceptor.local_endpoint().port();
  }

  void accept() {
    next = (next + 1) % contexts.size();
    acceptor.async_accept(*contexts[next], [this](Code error, tcp::socket socket) {
      if (error == asio::error::operation_aborted) return;
      if (error) {
        // Out of descriptors, most likely: those that are open come first.
        pause.expires_after(std::chrono::milliseconds(50));
        pause.async_wait([this](Code stopped) {
          if (!stopped) accept();
        });
        return;
      }
      take(std::move(socket));
      accept();
    });
  }

  void take(tcp::socket socket) {
    Code error;
    const auto address = socket.remote_endpoint(error).address();
    if (error || !shared->count.add(address)) return;  // closes it
    const auto connection = std::make_shared<Connection>(std::move(socket), address, shared);
    remember(connection);
    connection->start();
  }

  void remember(const std::shared_ptr<Connection>& connection) {
    if (connections.size() >= 2 * static_cast<size_t>(shared->count.total()) + 64) {
      std::erase_if(connections, [](const auto& each) { return each.expired(); });
    }
    connections.push_back(connection);
  }

  void stop_accepting() {
    asio::post(*contexts.front(), [this] {
      Code ignored;
      acceptor.close(ignored);
      for (const auto& weak : connections) {
        if (const auto connection = weak.lock()) connection->close_if_idle();
      }
    });
  }

  using Contexts = std::vector<std::unique_ptr<asio::io_context>>;

  static Contexts make_contexts(int count) {
    Contexts made;
    for (int i = 0; i < count; ++i) made.push_back(std::make_unique<asio::io_context>(1));
    return made;
  }

  const std::shared_ptr<Shared> shared;
  const Contexts contexts;
  std::vector<asio::executor_work_guard<asio::io_context::executor_type>> guards;
  tcp::acceptor acceptor;  // on the first context, as what follows
  asio::steady_timer pause;
  size_t next = 0;
  std::vector<std::weak_ptr<Connection>> connections;
  uint16_t port = 0;
  std::vector<std::thread> threads;
};

HttpServer::HttpServer(const Options& options, HttpHandler handler)
    : state_(std::make_unique<State>(options, std::move(handler))) {}

HttpServer::~HttpServer() = default;

uint16_t HttpServer::port() const { return state_->port; }

int HttpServer::connections() const { return state_->shared->count.total(); }

bool HttpServer::drain(std::chrono::milliseconds at_most) {
  const auto until = std::chrono::steady_clock::now() + at_most;
  state_->shared->draining = true;
  state_->stop_accepting();
  while (connections() > 0) {
    if (std::chrono::steady_clock::now() >= until) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  return true;
}

}  // namespace marquee::server
