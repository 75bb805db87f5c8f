#include "inference/server/assets.h"

namespace marquee::server {

namespace {

constexpr Asset kAssets[] = {
    {
        "/",
        "text/html; charset=utf-8",
#include "inference/server/index.html.inc"
    },
    {
        "/assets/app.css",
        "text/css; charset=utf-8",
#include "inference/server/app.css.inc"
    },
    {
        "/assets/app.js",
        "text/javascript; charset=utf-8",
#include "inference/server/app.js.inc"
    },
    {
        "/openapi.json",
        "application/json",
#include "inference/server/openapi.json.inc"
    },
};

}  // namespace

const Asset* find_asset(std::string_view path) {
  for (const Asset& asset : kAssets) {
    if (asset.path == path) return &asset;
  }
  return nullptr;
}

}  // namespace marquee::server
