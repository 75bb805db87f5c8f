// The operator's commands for a running server, on their own listener and with a token.
#pragma once

#include <filesystem>
#include <functional>
#include <string>

#include "serving/batcher.h"
#include "serving/http/http.h"
#include "serving/service.h"

namespace marquee::serving {

class Admin {
 public:
  // `drain` begins to shut down the server; it must not wait. Null: that cannot be asked for here.
  Admin(Service& service, std::string token, std::function<void()> drain);

  // POST /v1/admin/reload, with an optional {"bundle":FOLDER}; /v1/admin/rollback; /v1/admin/drain.
  // 401 without `Authorization: Bearer TOKEN`. A bundle that is refused gives 409 with the reason,
  // and the current model stays.
  void handle(HttpRequest request, HttpReply reply);

  void stop() { worker_.stop(); }  // finishes what was begun; call before its listener ends

  // Loads the served bundle again from its folder, on the admin's own thread.
  void reload_later();

 private:
  bool is_authorised(const HttpRequest& request) const;
  void reload(const std::filesystem::path& folder, const HttpReply& reply);

  Service& service_;
  const std::string token_;
  const std::function<void()> drain_;
  Batcher<std::function<void()>> worker_;  // one thing at a time
};

}  // namespace marquee::serving
