#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <string>

#include "cli/commands.h"
#include "core/error.h"
#include "core/text.h"

namespace marquee::cli {

namespace {

constexpr int kSeconds = 3;

// The status line that the server of this machine answers, or nothing.
std::string status_line(uint16_t port, const std::string& path) {
  const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (socket < 0) return "";
  const timeval patience{kSeconds, 0};
  setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  setsockopt(socket, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const std::string request =
      cat("GET ", path, " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
  char answer[64] = {};
  ssize_t count = -1;
  if (connect(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 &&
      send(socket, request.data(), request.size(), MSG_NOSIGNAL) ==
          static_cast<ssize_t>(request.size())) {
    count = recv(socket, answer, sizeof answer - 1, MSG_WAITALL);
  }
  close(socket);
  return count > 0 ? std::string(answer, static_cast<size_t>(count)) : "";
}

}  // namespace

void add_health(CLI::App& app) {
  auto& command = add_command(app, "health", "Whether a server of this machine lives, or is ready",
                              {"marquee health --port 8080 --ready"});
  const auto port = std::make_shared<uint16_t>(uint16_t{8080});
  const auto ready = std::make_shared<bool>(false);
  command.add_option("--port", *port, "where it listens")->capture_default_str();
  command.add_flag("--ready", *ready, "ask whether it takes requests, not whether it lives");
  command.callback([port, ready] {
    const std::string path = *ready ? "/v1/health/ready" : "/v1/health/live";
    if (!status_line(*port, path).starts_with("HTTP/1.1 200")) {
      throw system_error(cat("port ", *port, ": ", path, " is not answered with 200"));
    }
  });
}

}  // namespace marquee::cli
