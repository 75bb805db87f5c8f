#include "core/lineage.h"

#include <algorithm>
#include <set>

#include "core/error.h"
#include "core/log.h"
#include "core/text.h"

namespace marquee {

namespace fs = std::filesystem;

std::vector<Manifest> artefacts_below(const fs::path& folder) {
  std::vector<fs::path> folders;
  std::error_code failed;
  const auto look_at = [&](const fs::path& each) {
    std::error_code ignored;  // of a folder that goes meanwhile
    if (fs::exists(each / "manifest.json", ignored)) folders.push_back(each);
  };
  look_at(folder);
  fs::recursive_directory_iterator entry(folder, fs::directory_options::skip_permission_denied,
                                         failed);
  if (failed) throw system_error(cat("cannot look into ", folder.string(), ": ", failed.message()));
  for (; entry != fs::recursive_directory_iterator(); entry.increment(failed)) {
    std::error_code ignored;
    if (entry->is_directory(ignored)) look_at(entry->path());
  }
  if (failed) throw system_error(cat("cannot look into ", folder.string(), ": ", failed.message()));
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
