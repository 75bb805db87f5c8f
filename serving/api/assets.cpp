#include "serving/api/assets.h"

namespace marquee::serving {

namespace {

constexpr Asset kAssets[] = {
    {
        "/",
        "text/html; charset=utf-8",
#include "serving/api/index.html.inc"
    },
    {
        "/assets/app.css",
        "text/css; charset=utf-8",
#include "serving/api/app.css.inc"
    },
    {
        "/assets/app.js",
        "text/javascript; charset=utf-8",
#include "serving/api/app.js.inc"
    },
    {
        "/openapi.json",
        "application/json",
#include "serving/api/openapi.json.inc"
    },
};

}  // namespace

const Asset* find_asset(std::string_view path) {
  for (const Asset& asset : kAssets) {
    if (asset.path == path) return &asset;
  }
  return nullptr;
}

}  // namespace marquee::serving
