// Any bytes that a client may send on a connection: the server gives complete HTTP answers or
// closes it, and goes on.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <mutex>
#include <string>
#include <string_view>

#include "serving/http/http.h"

namespace marquee::serving {
namespace {

// Answers with the request itself.
HttpServer& server() {
  static HttpServer server({.http = {.threads = 1, .body_kib = 4}});
  static std::once_flag started;
  std::call_once(started, [] {
    server.start([](HttpRequest request, HttpReply reply) {
      if (request.method.empty() || request.path.empty()) std::abort();
      if (request.body.size() > 4'096) std::abort();
      reply({.body = request.method + request.path + request.body});
    });
  });
  return server;
}

sockaddr_in address(uint32_t host, uint16_t port) {
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(host);
  address.sin_port = htons(port);
  return address;
}

// Connections come from many addresses of the loopback, so that their ports do not run out.
int connect_to_server() {
  static uint32_t host = 0x7f000002;
  host = host == 0x7f00ff00 ? 0x7f000002 : host + 1;
  const int client = socket(AF_INET, SOCK_STREAM, 0);
  const sockaddr_in from = address(host, 0);
  const sockaddr_in to = address(INADDR_LOOPBACK, server().port());
  const timeval patience{.tv_sec = 20, .tv_usec = 0};
  setsockopt(client, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  if (bind(client, reinterpret_cast<const sockaddr*>(&from), sizeof from) != 0 ||
      connect(client, reinterpret_cast<const sockaddr*>(&to), sizeof to) != 0) {
    std::abort();
  }
  return client;
}

// Everything up to the end of the connection, which must come.
std::string answers(int client) {
  std::string text;
  char buffer[4'096];
  while (true) {
    const ssize_t got = recv(client, buffer, sizeof buffer, 0);
    if (got < 0 && errno == EAGAIN) std::abort();
    if (got <= 0) return text;
    text.append(buffer, static_cast<size_t>(got));
  }
}

void talk(uint8_t split, std::string_view bytes) {
  const int client = connect_to_server();
  const size_t first = bytes.size() * split / 255;
  send(client, bytes.data(), first, MSG_NOSIGNAL);
  send(client, bytes.data() + first, bytes.size() - first, MSG_NOSIGNAL);
  shutdown(client, SHUT_WR);
  const std::string text = answers(client);
  close(client);
  if (!text.empty() && !text.starts_with("HTTP/1.1 ")) std::abort();
}

}  // namespace
}  // namespace marquee::serving

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  marquee::serving::talk(data[0], {reinterpret_cast<const char*>(data) + 1, size - 1});
  return 0;
}
