// `serve --watch`: notices that the folder that is served holds another bundle.
#pragma once

#include <chrono>
#include <string>

#include "serving/model_slot.h"

namespace marquee::serving {

// For one thread.
class FolderWatch {
 public:
  explicit FolderWatch(const ModelSlot& models) : models_(models) {}  // which must outlive this

  // True once for each bundle that takes the place of the current one in its folder, or behind a
  // link; looks once a second. Reads the manifest's hash and parses nothing.
  bool changed();

 private:
  const ModelSlot& models_;
  std::chrono::steady_clock::time_point next_look_;
  std::string reported_;  // so that a bundle that is refused is not reported again and again
};

}  // namespace marquee::serving
