#include "serving/http/path_prefixes.h"

namespace marquee::serving {

void PathPrefixes::add(const std::string& name, HttpHandler handler) {
  handlers_.emplace_back("/" + name, std::move(handler));
}

void PathPrefixes::add_whole(const std::string& path, HttpHandler handler) {
  whole_.emplace_back(path, std::move(handler));
}

void PathPrefixes::operator()(HttpRequest request, HttpReply reply) const {
  for (const auto& [path, handler] : whole_) {
    if (request.path == path) return handler(std::move(request), std::move(reply));
  }
  for (const auto& [prefix, handler] : handlers_) {
    if (!request.path.starts_with(prefix)) continue;
    if (request.path.size() == prefix.size()) {
      HttpResponse response{.status = 308, .body = "", .content_type = "text/plain"};
      response.fields.emplace_back("Location", prefix + "/");
      return reply(std::move(response));
    }
    if (request.path[prefix.size()] != '/') continue;  // another name that begins the same
    request.path.erase(0, prefix.size());
    return handler(std::move(request), std::move(reply));
  }
  reply(error_response(404, "there is nothing at this address"));
}

}  // namespace marquee::serving
