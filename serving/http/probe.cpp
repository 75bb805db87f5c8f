#include "serving/http/probe.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <memory>

#include "core/text.h"

namespace marquee::serving {

namespace {

// A connection to a server on this machine, with a timeout for connecting, writing and reading.
class ProbeConnection {
 public:
  ProbeConnection(uint16_t port, bool tls) {
    const timeval patience{.tv_sec = 3, .tv_usec = 0};
    setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    setsockopt(socket_, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    open_ = connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
    if (!open_ || !tls) return;
    // The certificate is not verified: it is for another name, and nothing secret is sent.
    context_.reset(SSL_CTX_new(TLS_client_method()));
    ssl_.reset(SSL_new(context_.get()));
    open_ = SSL_set_fd(ssl_.get(), socket_) == 1 && SSL_connect(ssl_.get()) == 1;
  }
  ~ProbeConnection() {
    if (socket_ >= 0) close(socket_);
  }
  ProbeConnection(const ProbeConnection&) = delete;
  ProbeConnection& operator=(const ProbeConnection&) = delete;

  // The beginning of the answer to `text`; "" if there is none.
  std::string answer_to(const std::string& text) {
    if (!open_) return "";
    const auto size = static_cast<int>(text.size());
    char answer[64];
    int count = 0;
    if (ssl_) {
      if (SSL_write(ssl_.get(), text.data(), size) == size) {
        count = SSL_read(ssl_.get(), answer, sizeof answer);
      }
    } else if (send(socket_, text.data(), text.size(), MSG_NOSIGNAL) == size) {
      count = static_cast<int>(recv(socket_, answer, sizeof answer, MSG_WAITALL));
    }
    return {answer, static_cast<size_t>(std::max(count, 0))};
  }

 private:
  struct Free {
    void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
    void operator()(SSL* ssl) const { SSL_free(ssl); }
  };

  const int socket_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  std::unique_ptr<SSL_CTX, Free> context_;
  std::unique_ptr<SSL, Free> ssl_;
  bool open_ = false;
};

}  // namespace

bool answers_ok(uint16_t port, const std::string& path, bool tls) {
  return ProbeConnection(port, tls)
      .answer_to(cat("GET ", path, " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"))
      .starts_with("HTTP/1.1 200");
}

}  // namespace marquee::serving
