#include <cstdlib>
#include <iostream>
#include <optional>
#include <thread>

#include "cli/commands.h"
#include "configs/server_config.h"
#include "core/interrupt.h"
#include "core/log.h"
#include "core/secret.h"
#include "core/text.h"
#include "core/threads.h"
#include "serving/api/admin.h"
#include "serving/api/api.h"
#include "serving/folder_watch.h"

namespace marquee::cli {

namespace {

struct Options {
  serving::ServiceOptions service;
  serving::HttpServer::Options http;
  std::filesystem::path config;
  std::vector<std::string> overrides;
  int admin_port = -1;  // none
  int pre_stop_seconds = 0;
  int drain_seconds = 10;
  std::filesystem::path keys, access_log, trusted_keys;
  bool watch = false;
};

// From the environment, else from a file beside the histories.
std::string token_for(const Options& options) {
  const char* token = std::getenv("MARQUEE_ADMIN_TOKEN");
  if (token != nullptr && *token != '\0') return token;
  return secret_in(options.service.state / "admin-token");
}

void configure(Options& options) {
  if (options.http.tls_key.empty()) options.http.tls_key = options.http.tls_certificate;
  const auto config = configs::read_server_config(options.config, options.overrides);
  options.service.queue = config.queue;
  options.service.store = config.store;
  options.service.retention = config.retention;
  options.service.page = config.page;
  options.service.diversity = config.diversity;
  options.service.exposure = config.exposures;
  if (config.queue.workers == 0) options.service.queue.workers = thread_count();
  options.http.http = config.http;
  if (config.http.threads == 0) options.http.http.threads = std::max(1, thread_count() / 2);
}

void run(Options options) {
  install_reload_handler();
  configure(options);
  options.service.trusted = trusted_keys(options.trusted_keys);
  set_thread_count(1);  // a worker answers a batch alone; several workers run in parallel
  if (options.service.state.empty()) {
    options.service.state = options.service.bundle;
    options.service.state += "-state";
  }
  serving::Service service(options.service);
  serving::Api api(
      service, options.keys.empty() ? nullptr : std::make_shared<serving::ApiKeys>(options.keys),
      options.access_log.empty() ? nullptr
                                 : std::make_shared<serving::AccessLog>(options.access_log));
  serving::HttpServer http(options.http);
  api.set_connections([&] { return http.connections(); });
  http.start([&](serving::HttpRequest request, serving::HttpReply reply) {
    api.handle(std::move(request), std::move(reply));
  });
  const char* scheme = options.http.tls_certificate.empty() ? "http://" : "https://";
  std::cout << scheme << options.http.address << ":" << http.port() << "/" << std::endl;

  serving::Admin admin(service, token_for(options), [] { set_interrupted(true); });
  std::optional<serving::HttpServer> admin_http;
  if (options.admin_port >= 0) {
    admin_http.emplace(
        serving::HttpServer::Options{.port = uint16_t(options.admin_port), .http = {.threads = 1}});
    admin_http->start([&](serving::HttpRequest request, serving::HttpReply reply) {
      admin.handle(std::move(request), std::move(reply));
    });
    std::cout << "http://127.0.0.1:" << admin_http->port() << "/v1/admin/" << std::endl;
  }
  serving::FolderWatch watch(service.models());
  while (!interrupted()) {
    if (take_reload_request() || (options.watch && watch.changed())) admin.reload_later();
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }

  log::info("shutting down: finishing requests in flight");
  service.draining = true;  // requests are still taken until load balancers have noticed
  std::this_thread::sleep_for(std::chrono::seconds(options.pre_stop_seconds));
  admin.stop();
  const bool finished = http.drain(std::chrono::seconds(options.drain_seconds));
  if (!finished) log::warn(cat(http.connections(), " connections did not end in time"));
  service.stop();
}

// Where it listens, and how.
void add_listeners(CLI::App& command, Options& options) {
  command
      .add_option("--address", options.http.address,
                  "address to listen on; any other than this machine's own is open to the network")
      ->capture_default_str();
  command.add_option("--port", options.http.port, "port; 0: any that is free, printed on stdout")
      ->capture_default_str();
  auto* certificate = command.add_option("--tls-cert", options.http.tls_certificate,
                                         "certificate chain (PEM) for HTTPS; default: HTTP");
  command
      .add_option("--tls-key", options.http.tls_key,
                  "its private key, PEM; default: in the file of --tls-cert")
      ->needs(certificate);
  command
      .add_option("--admin-port", options.admin_port,
                  "port on 127.0.0.1 for reload, rollback and drain; 0: any; default: none")
      ->check(CLI::Range(0, 65'535));
}

}  // namespace

void add_serve(CLI::App& app) {
  auto& command = add_command(
      app, "serve", "Serve recommendations, home pages and a web page to try them, over HTTP",
      {"marquee serve --bundle out/bundle",
       "marquee serve --bundle out/bundle --port 0 --state out/state",
       "curl -H 'Content-Type: application/json' -d '{\"history\":[\"1\"],\"k\":3}' "
       "http://127.0.0.1:8080/v1/recommend"});
  const auto options = std::make_shared<Options>();
  command.add_option("--bundle", options->service.bundle, "bundle folder")->required();
  command.add_option("--compare", options->service.compared,
                     "another bundle, to compare its pages with the first's; default: none");
  command.add_option("--config", options->config,
                     "limits, queue and rules of pages (docs/configuration.md); default: none");
  command.add_option("--set", options->overrides, "KEY=VALUE, such as page.because_rows=3; repeat");
  command.add_option(
      "--state", options->service.state,
      "folder of histories and title edits; default: beside the bundle, BUNDLE-state");
  command.add_option("--redis", options->service.histories,
                     "redis://HOST[:PORT][/DATABASE] that keeps histories for several servers; "
                     "default: a file in --state");
  add_listeners(command, *options);
  command.add_flag("--watch", options->watch,
                   "reload when the bundle's folder, or the link to it, holds another bundle");
  command.add_option("--api-keys", options->keys,
                     "file of keys that clients must have (docs/serving.md); default: none needed");
  command.add_option("--access-log", options->access_log,
                     "file that gets a JSON line per request; - is stderr; default: none");
  command.add_option(
      "--policy", options->service.policy,
      "folder of a policy that chooses rows and titles, and learns from what comes of "
      "it (marquee policy); default: rows in their usual order");
  command.add_option("--exposures", options->service.exposures,
                     "folder that gets a log of what was shown to whom and what came of it; "
                     "default: none");
  add_trusted_keys(command, options->trusted_keys);
  command.add_option("--device", options->service.device, "cpu or cuda")->capture_default_str();
  command
      .add_option("--pre-stop-seconds", options->pre_stop_seconds,
                  "after SIGTERM, still take connections for this long; /v1/health/ready says 503")
      ->check(CLI::Range(0, 3600))
      ->capture_default_str();
  command
      .add_option("--drain-seconds", options->drain_seconds,
                  "longest wait after that for requests in flight")
      ->check(CLI::Range(0, 3600))
      ->capture_default_str();
  command.callback([options] { run(*options); });
}

}  // namespace marquee::cli
