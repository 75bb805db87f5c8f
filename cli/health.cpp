#include <memory>
#include <string>

#include "cli/commands.h"
#include "core/error.h"
#include "core/text.h"
#include "serving/http/probe.h"

namespace marquee::cli {

namespace {

struct Options {
  uint16_t port = 8080;
  bool ready = false;
  bool tls = false;
};

void run(const Options& options) {
  const std::string path = options.ready ? "/v1/health/ready" : "/v1/health/live";
  if (!serving::answers_ok(options.port, path, options.tls)) {
    throw system_error(cat("port ", options.port, ": ", path, " is not answered with 200"));
  }
}

}  // namespace

void add_health(CLI::App& app) {
  auto& command =
      add_command(app, "health", "Check whether a server on this machine is alive, or ready",
                  {"marquee health --port 8080 --ready", "marquee health --port 8443 --tls"});
  const auto options = std::make_shared<Options>();
  command.add_option("--port", options->port, "port of the server")->capture_default_str();
  command.add_flag("--ready", options->ready,
                   "check whether it takes requests, not whether it is alive");
  command.add_flag("--tls", options->tls, "use HTTPS; any certificate is accepted");
  command.callback([options] { run(*options); });
}

}  // namespace marquee::cli
