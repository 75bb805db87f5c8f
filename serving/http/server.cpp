// One io_context a thread: a connection stays on one of them, so that it needs no lock.
#include <algorithm>
#include <thread>

#include "core/error.h"
#include "core/text.h"
#include "core/threads.h"
#include "serving/http/connection.h"

namespace marquee::serving {

namespace asio = boost::asio;
using asio::ip::tcp;
using Code = boost::beast::error_code;

struct HttpServer::State {
  explicit State(const Options& options)
      : shared(std::make_shared<HttpShared>(options.http)),
        contexts(make_contexts(std::max(1, options.http.threads))),
        acceptor(*contexts.front()),
        pause(*contexts.front()) {
    if (!options.tls_certificate.empty()) set_up_tls(options);
    listen(options);
  }

  void start(HttpHandler handler) {
    shared->handler = std::move(handler);
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

  void set_up_tls(const Options& options) {
    const auto check = [](const std::filesystem::path& file, const char* what, const Code& error) {
      if (error) throw Error(cat(file.string(), ": no ", what, ": ", error.message()));
    };
    auto& tls = shared->tls.emplace(asio::ssl::context::tls_server);
    SSL_CTX_set_min_proto_version(tls.native_handle(), TLS1_2_VERSION);
    SSL_CTX_set_options(tls.native_handle(), SSL_OP_NO_RENEGOTIATION);
    Code error;
    tls.use_certificate_chain_file(options.tls_certificate.string(), error);
    check(options.tls_certificate, "certificate chain in PEM", error);
    tls.use_private_key_file(options.tls_key.string(), asio::ssl::context::pem, error);
    check(options.tls_key, "private key in PEM, of the certificate", error);
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
        // Most likely out of descriptors: waits until some are closed.
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
    const auto connection = std::make_shared<HttpConnection>(std::move(socket), address, shared);
    remember(connection);
    connection->start();
  }

  void remember(const std::shared_ptr<HttpConnection>& connection) {
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

  const std::shared_ptr<HttpShared> shared;
  const Contexts contexts;
  std::vector<asio::executor_work_guard<asio::io_context::executor_type>> guards;
  tcp::acceptor acceptor;  // on the first context, like the members below
  asio::steady_timer pause;
  size_t next = 0;
  std::vector<std::weak_ptr<HttpConnection>> connections;
  uint16_t port = 0;
  std::vector<std::thread> threads;
};

HttpServer::HttpServer(const Options& options) : state_(std::make_unique<State>(options)) {}

HttpServer::~HttpServer() = default;

void HttpServer::start(HttpHandler handler) { state_->start(std::move(handler)); }

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

}  // namespace marquee::serving
