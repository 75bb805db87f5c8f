#include "serving/folder_watch.h"

#include "core/error.h"
#include "core/sha256.h"
#include "core/signature.h"

namespace marquee::serving {

bool FolderWatch::changed() {
  const auto now = std::chrono::steady_clock::now();
  if (now < next_look_) return false;
  next_look_ = now + std::chrono::seconds(1);
  const auto model = models_.current();
  std::string id, state;
  try {
    id = sha256_file(model->folder / "manifest.json");
    state = id + (is_signed(model->folder) ? " signed" : "");
  } catch (const Error&) {
    return false;  // being replaced
  }
  if (id == model->bundle.manifest().sha256 || state == reported_) return false;
  reported_ = state;
  return true;
}

}  // namespace marquee::serving
