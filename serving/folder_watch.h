// `serve --watch`: notices when the served folder holds another bundle.
#pragma once

#include <chrono>
#include <string>

#include "serving/model_slot.h"

namespace marquee::serving {

// For one thread.
class FolderWatch {
 public:
  explicit FolderWatch(const ModelSlot& models) : models_(models) {}  // which must outlive this

  // True once for each bundle that replaces the current one in its folder, or behind a link. Looks
  // once a second. Reads the manifest's hash and parses nothing.
  bool changed();

 private:
  const ModelSlot& models_;
  std::chrono::steady_clock::time_point next_look_;
  std::string reported_;  // so that a refused bundle is reported only once
};

}  // namespace marquee::serving
