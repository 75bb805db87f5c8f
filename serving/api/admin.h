// What the operator may do to a running server, on a listener of its own and with a token.
#pragma once

#include <filesystem>
#include <functional>
#include <string>

#include "serving/batcher.h"
#include "serving/http/http.h"
#include "serving/service.h"

namespace marquee::serving {

// The token in `file`; made, for its owner alone to read, where there is none.
std::string admin_token(const std::filesystem::path& file);

class Admin {
 public:
  // `drain` begins the end of the server; it must not wait.
  Admin(Service& service, std::string token, std::function<void()> drain);

  // POST /v1/admin/reload, with an optional {"bundle":FOLDER}; /v1/admin/rollback; /v1/admin/drain.
  // 401 without `Authorization: Bearer TOKEN`. A bundle that is refused is a 409 that says why, and
  // the model that answers stays.
  void handle(HttpRequest request, HttpReply reply);

  void stop() { worker_.stop(); }  // after what was begun; before its listener goes

  // Loads the bundle that is served again from where it stands, on the admin's own thread.
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
