// Several services behind one address: the first piece of a path says which.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "serving/http/http.h"

namespace marquee::serving {

class PathPrefixes {
 public:
  // What begins with "/NAME/", without that piece; NAME holds nothing that is percent-encoded.
  void add(const std::string& name, HttpHandler handler);
  // Paths that stay as they are, and who answers them.
  void add_whole(const std::string& path, HttpHandler handler);

  // An HttpHandler. "/NAME" leads to "/NAME/"; what nobody takes is answered 404.
  void operator()(HttpRequest request, HttpReply reply) const;

 private:
  std::vector<std::pair<std::string, HttpHandler>> handlers_;  // "/NAME"
  std::vector<std::pair<std::string, HttpHandler>> whole_;     // the path
};

}  // namespace marquee::serving
