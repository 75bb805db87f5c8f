// The files of the page at /, compiled into the program.
#pragma once

#include <string_view>

namespace marquee::serving {

struct Asset {
  std::string_view path;  // "/assets/app.js"
  const char* type;
  std::string_view bytes;
};

const Asset* find_asset(std::string_view path);  // or null

}  // namespace marquee::serving
