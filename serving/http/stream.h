// The bytes of a connection, plain or through TLS, for code that need not know which.
// An AsyncStream of Asio with the deadlines of beast::tcp_stream.
#pragma once

#include <utility>  // clang-format off: Boost 1.74 needs it and forgets it
// clang-format on
#include <boost/asio.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/beast/core.hpp>
#include <optional>

namespace marquee::serving {

class HttpStream {
 public:
  using executor_type = boost::beast::tcp_stream::executor_type;

  // tls: null for plain bytes; must outlive this.
  HttpStream(boost::asio::ip::tcp::socket socket, boost::asio::ssl::context* tls)
      : tcp_(std::move(socket)) {
    if (tls != nullptr) tls_.emplace(tcp_, *tls);
  }

  executor_type get_executor() { return tcp_.get_executor(); }
  boost::asio::ip::tcp::socket& socket() { return tcp_.socket(); }
  void close() { tcp_.close(); }

  template <typename Duration>
  void expires_after(Duration time) {
    tcp_.expires_after(time);
  }
  void expires_never() { tcp_.expires_never(); }

  template <typename Buffers, typename Handler>
  void async_read_some(const Buffers& buffers, Handler&& handler) {
    if (tls_) {
      tls_->async_read_some(buffers, std::forward<Handler>(handler));
    } else {
      tcp_.async_read_some(buffers, std::forward<Handler>(handler));
    }
  }

  template <typename Buffers, typename Handler>
  void async_write_some(const Buffers& buffers, Handler&& handler) {
    if (tls_) {
      tls_->async_write_some(buffers, std::forward<Handler>(handler));
    } else {
      tcp_.async_write_some(buffers, std::forward<Handler>(handler));
    }
  }

  // The handshake of TLS, if there is one; then calls handler(error).
  template <typename Handler>
  void async_open(Handler&& handler) {
    if (tls_) {
      tls_->async_handshake(boost::asio::ssl::stream_base::server, std::forward<Handler>(handler));
    } else {
      std::forward<Handler>(handler)(boost::beast::error_code());
    }
  }

  // Ends the writing; then calls handler(error), before or after the client agrees.
  template <typename Handler>
  void async_end(Handler&& handler) {
    if (tls_) {
      tls_->async_shutdown(std::forward<Handler>(handler));
    } else {
      boost::beast::error_code error;
      tcp_.socket().shutdown(boost::asio::ip::tcp::socket::shutdown_send, error);
      std::forward<Handler>(handler)(error);
    }
  }

 private:
  boost::beast::tcp_stream tcp_;
  std::optional<boost::asio::ssl::stream<boost::beast::tcp_stream&>> tls_;
};

}  // namespace marquee::serving
