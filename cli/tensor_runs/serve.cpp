#include <algorithm>
#include <cstdlib>
#include <iostream>
#include <optional>
#include <thread>

#include "cli/commands.h"
#include "cli/tenants.h"
#include "cli/tensor_runs.h"
#include "configs/server_config.h"
#include "configs/yaml.h"
#include "core/file.h"
#include "core/interrupt.h"
#include "core/log.h"
#include "core/secret.h"
#include "core/text.h"
#include "core/threads.h"
#include "serving/api/admin.h"
#include "serving/api/api.h"
#include "serving/folder_watch.h"
#include "serving/http/path_prefixes.h"

namespace marquee::cli {

namespace {

// From the environment, else from a file beside the histories.
std::string token_for(const Tenant& tenant) {
  const char* token = std::getenv("MARQUEE_ADMIN_TOKEN");
  if (token != nullptr && *token != '\0') return token;
  return secret_in(tenant.state / "admin-token");
}

std::shared_ptr<const serving::ApiKeys> keys_of(const Tenant& tenant) {
  return tenant.keys.empty() ? nullptr : std::make_shared<serving::ApiKeys>(tenant.keys);
}

serving::ServiceOptions service_of(const Tenant& tenant, const configs::ServerConfig& config,
                                   const ServeArguments& arguments, size_t tenants) {
  serving::ServiceOptions options;
  options.tenant = tenant.name;
  options.bundle = tenant.bundle;
  options.compared = tenant.compared;
  options.state = tenant.state;
  options.histories = tenant.redis;
  options.policy = tenant.policy;
  options.exposures = tenant.exposures;
  options.device = arguments.device;
  options.trusted = trusted_keys(arguments.trusted_keys);
  options.queue = config.queue;
  options.store = config.store;
  options.retention = config.retention;
  options.page = config.page;
  options.diversity = config.diversity;
  options.answer = config.answer;
  options.retrieval = config.retrieval;
  options.exposure = config.exposures;
  if (config.queue.workers == 0) {
    options.queue.workers = std::max(1, thread_count() / static_cast<int>(tenants));
  }
  return options;
}

// One bundle that is served, with all that stands in front of it.
struct Served {
  Served(const Tenant& tenant, const serving::ServiceOptions& options,
         const std::shared_ptr<serving::AccessLog>& log, std::function<void()> drain)
      : name(tenant.name),
        service(options),
        api(service, keys_of(tenant), log),
        admin(service, token_for(tenant), std::move(drain)),
        watch(service.models()) {}

  serving::HttpHandler calls() {
    return [this](serving::HttpRequest request, serving::HttpReply reply) {
      api.handle(std::move(request), std::move(reply));
    };
  }
  serving::HttpHandler commands() {
    return [this](serving::HttpRequest request, serving::HttpReply reply) {
      admin.handle(std::move(request), std::move(reply));
    };
  }

  const std::string name;
  serving::Service service;
  serving::Api api;
  serving::Admin admin;
  serving::FolderWatch watch;
};
using AllServed = std::vector<std::unique_ptr<Served>>;

// The listener is the whole server's.
void check_http(const Tenants& tenants) {
  const auto check = [](const std::string& key, const std::string& where) {
    if (!key.starts_with("http.")) return;
    throw Error(cat(where, ": ", key, " is of the whole server; set it without a bundle's name"));
  };
  for (const Tenant& tenant : tenants.all) {
    if (!tenant.config.empty() && tenant.config != tenants.config) {
      for (const auto& [key, value] : configs::values_in(read_file(tenant.config))) {
        check(key, tenant.config.string());
      }
    }
    for (size_t i = tenants.overrides.size(); i < tenant.overrides.size(); ++i) {
      const std::string& own = tenant.overrides[i];
      check(own.substr(0, own.find('=')), cat("--set ", tenant.name, "=", own));
    }
  }
}

serving::HttpServer::Options http_of(const ServeArguments& arguments, const Tenants& tenants) {
  const auto config = configs::read_server_config(tenants.config, tenants.overrides).http;
  serving::HttpServer::Options options = arguments.http;
  if (options.tls_key.empty()) options.tls_key = options.tls_certificate;
  options.http = config;
  if (config.threads == 0) options.http.threads = std::max(1, thread_count() / 2);
  return options;
}

AllServed start_services(const std::vector<Tenant>& tenants, const ServeArguments& arguments) {
  const auto log = arguments.access_log.empty()
                       ? nullptr
                       : std::make_shared<serving::AccessLog>(arguments.access_log);
  std::vector<serving::ServiceOptions> options;
  for (const Tenant& tenant : tenants) {
    const auto config = configs::read_server_config(tenant.config, tenant.overrides);
    options.push_back(service_of(tenant, config, arguments, tenants.size()));
  }
  set_thread_count(1);  // a worker answers a batch alone; several workers run in parallel
  // One of several does not end the others.
  std::function<void()> drain;
  if (tenants.size() == 1) drain = [] { set_interrupted(true); };
  AllServed all;
  for (size_t i = 0; i < tenants.size(); ++i) {
    all.push_back(std::make_unique<Served>(tenants[i], options[i], log, drain));
  }
  return all;
}

// Calls of all of them at one address, each below its name if it has one.
serving::HttpHandler calls(const AllServed& all) {
  if (all.front()->name.empty()) return all.front()->calls();
  serving::PathPrefixes prefixes;
  for (const auto& each : all) prefixes.add(each->name, each->calls());
  for (const char* path : {"/v1/health/live", "/v1/health/ready"}) {  // of all: they end together
    prefixes.add_whole(path, all.front()->calls());
  }
  return prefixes;
}

serving::HttpHandler commands(const AllServed& all) {
  if (all.front()->name.empty()) return all.front()->commands();
  serving::PathPrefixes prefixes;
  for (const auto& each : all) prefixes.add(each->name, each->commands());
  return prefixes;
}

void print_addresses(const AllServed& all, const std::string& server, const char* path) {
  for (const auto& each : all) {
    std::cout << server << "/" << each->name << (each->name.empty() ? "" : "/") << path
              << std::endl;
  }
}

void wait_for_the_end(const AllServed& all, bool watches) {
  while (!interrupted()) {
    const bool requested = take_reload_request();
    for (const auto& each : all) {
      if (requested || (watches && each->watch.changed())) each->admin.reload_later();
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
}

void shut_down(const AllServed& all, serving::HttpServer& http, const ServeArguments& arguments) {
  log::info("shutting down: finishing requests in flight");
  // Requests are still taken until load balancers have noticed.
  for (const auto& each : all) each->service.draining = true;
  std::this_thread::sleep_for(std::chrono::seconds(arguments.pre_stop_seconds));
  for (const auto& each : all) each->admin.stop();
  const bool finished = http.drain(std::chrono::seconds(arguments.drain_seconds));
  if (!finished) log::warn(cat(http.connections(), " connections did not end in time"));
  for (const auto& each : all) each->service.stop();
}

}  // namespace

void run_serve(const ServeArguments& arguments) {
  install_reload_handler();
  const Tenants tenants = tenants_of(arguments);
  check_http(tenants);
  const auto http_options = http_of(arguments, tenants);
  const AllServed all = start_services(tenants.all, arguments);
  serving::HttpServer http(http_options);
  for (const auto& each : all) each->api.set_connections([&] { return http.connections(); });
  http.start(calls(all));
  const char* scheme = http_options.tls_certificate.empty() ? "http://" : "https://";
  print_addresses(all, cat(scheme, http_options.address, ":", http.port()), "");

  std::optional<serving::HttpServer> admin_http;
  if (arguments.admin_port >= 0) {
    admin_http.emplace(serving::HttpServer::Options{.port = uint16_t(arguments.admin_port),
                                                    .http = {.threads = 1}});
    admin_http->start(commands(all));
    print_addresses(all, cat("http://127.0.0.1:", admin_http->port()), "v1/admin/");
  }
  wait_for_the_end(all, arguments.watch);
  shut_down(all, http, arguments);
}

}  // namespace marquee::cli
