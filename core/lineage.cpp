#include "core/lineage.h"

#include <algorithm>
#include <set>

#include "core/error.h"
#include "core/log.h"

namespace marquee {

namespace fs = std::filesystem;

std::vector<Manifest> artefacts_below(const fs::path& folder) {
  std::vector<fs::path> folders;
  if (fs::exists(folder / "manifest.json")) folders.push_back(folder);
  std::error_code unreadable;
  for (const auto& entry : fs::recursive_directory_iterator(
           folder, fs::directory_options::skip_permission_denied, unreadable)) {
    if (entry.is_directory() && fs::exists(entry.path() / "manifest.json")) {
      folders.push_back(entry.path());
    }
  }
  if (unreadable) throw system_error("cannot look into " + folder.string());
  std::ranges::sort(folders);
  std::vector<Manifest> artefacts;
  for (const fs::path& each : folders) {
    try {
      artefacts.push_back(read_manifest(each));
    } catch (const Error& error) {
      log::warn(error.what());
    }
  }
  return artefacts;
}

std::vector<Manifest> made_from(const std::vector<Manifest>& artefacts,
                                const std::vector<std::string>& ids) {
  std::set<std::string> from(ids.begin(), ids.end());
  std::vector<bool> made(artefacts.size());
  for (bool more = true; more;) {
    more = false;
    for (size_t i = 0; i < artefacts.size(); ++i) {
      const bool is_new = !made[i] && std::ranges::any_of(artefacts[i].sources, [&](const auto& s) {
        return from.contains(s.sha256);
      });
      if (!is_new) continue;
      made[i] = more = true;
      from.insert(artefacts[i].sha256);
    }
  }
  std::vector<Manifest> result;
  for (size_t i = 0; i < artefacts.size(); ++i) {
    if (made[i]) result.push_back(artefacts[i]);
  }
  return result;
}

}  // namespace marquee
