#include <cstdlib>
#include <iostream>
#include <optional>
#include <thread>

#include "cli/commands.h"
#include "cli/tensor_runs.h"
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

// From the environment, else from a file beside the histories.
std::string token_for(const ServeArguments& options) {
  const char* token = std::getenv("MARQUEE_ADMIN_TOKEN");
  if (token != nullptr && *token != '\0') return token;
  return secret_in(options.service.state / "admin-token");
}

void configure(ServeArguments& options) {
  if (options.http.tls_key.empty()) options.http.tls_key = options.http.tls_certificate;
  const auto config = configs::read_server_config(options.config, options.overrides);
  options.service.queue = config.queue;
  options.service.store = config.store;
  options.service.retention = config.retention;
  options.service.page = config.page;
  options.service.diversity = config.diversity;
  options.service.answer = config.answer;
  options.service.exposure = config.exposures;
  if (config.queue.workers == 0) options.service.queue.workers = thread_count();
  options.http.http = config.http;
  if (config.http.threads == 0) options.http.http.threads = std::max(1, thread_count() / 2);
}

}  // namespace

void run_serve(ServeArguments options) {
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

}  // namespace marquee::cli
