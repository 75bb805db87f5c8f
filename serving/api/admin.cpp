#include "serving/api/admin.h"

#include <openssl/crypto.h>

#include "core/error.h"
#include "core/json.h"
#include "core/log.h"
#include "core/text.h"

namespace marquee::serving {

namespace fs = std::filesystem;

Admin::Admin(Service& service, std::string token, std::function<void()> drain)
    : service_(service),
      token_(std::move(token)),
      drain_(std::move(drain)),
      worker_({.workers = 1, .max_batch = 1, .max_requests = 4},
              [](std::vector<std::function<void()>> tasks) {
                for (const auto& task : tasks) task();
              }) {}

bool Admin::is_authorised(const HttpRequest& request) const {
  const std::string wanted = "Bearer " + token_;
  const std::string_view given = request.field("authorization");
  return given.size() == wanted.size() &&
         CRYPTO_memcmp(given.data(), wanted.data(), wanted.size()) == 0;
}

namespace {

// {"bundle":FOLDER} or nothing at all.
fs::path folder_in(const std::string& body, const fs::path& fallback) {
  if (trim(body).empty()) return fallback;
  const Json json = Json::parse(body, nullptr, /*allow_exceptions=*/false);
  if (!json.is_object() || json.size() != 1 || !json.contains("bundle") ||
      !json["bundle"].is_string()) {
    throw Error("the body must be empty or {\"bundle\":FOLDER}");
  }
  return json["bundle"].get<std::string>();
}

HttpResponse serving(const ModelSlot::Model& model) {
  return {.body = Json{{"model", model->bundle.name()}}.dump()};
}

}  // namespace

void Admin::reload(const fs::path& folder, const HttpReply& reply) {
  try {
    const auto model = service_.models().reload(folder);
    service_.metrics().reloaded(true);
    reply(serving(model));
  } catch (const Error& error) {
    service_.metrics().reloaded(false);
    const std::string& tenant = service_.options().tenant;
    log::error(cat(tenant.empty() ? "" : tenant + ": ",
                   "the bundle was refused, and the model stays: ", error.what()));
    reply(error_response(409, error.what()));
  }
}

void Admin::reload_later() {
  std::function<void()> task = [this] {
    reload(service_.models().current()->folder, [](const HttpResponse&) {});
  };
  if (!worker_.push(task)) log::warn("too many reloads wait already; this one is left out");
}

void Admin::handle(HttpRequest request, HttpReply reply) {
  if (!is_authorised(request)) {
    reply(error_response(401, "this needs Authorization: Bearer TOKEN"));
    return;
  }
  if (request.method != "POST") {
    reply(error_response(405, "these addresses take POST"));
    return;
  }
  std::function<void()> task;
  try {
    if (request.path == "/v1/admin/reload") {
      task = [this, reply, folder = folder_in(request.body, service_.models().current()->folder)] {
        reload(folder, reply);
      };
    } else if (request.path == "/v1/admin/rollback") {
      task = [this, reply] {
        try {
          reply(serving(service_.models().roll_back()));
        } catch (const Error& error) {
          reply(error_response(409, error.what()));
        }
      };
    } else if (request.path == "/v1/admin/drain" && drain_) {
      drain_();
      reply({.status = 202, .body = R"({"draining":true})"});
      return;
    } else {
      reply(error_response(404, "there is nothing at this address"));
      return;
    }
  } catch (const Error& error) {
    reply(error_response(400, error.what()));
    return;
  }
  if (!worker_.push(task)) reply(unavailable_response("another change is being made"));
}

}  // namespace marquee::serving
