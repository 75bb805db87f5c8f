#include "exporting/golden_requests.h"

#include <string>

#include "core/file.h"
#include "inference/golden.h"
#include "inference/runner.h"

namespace marquee::exporting {

void write_golden_requests(const std::filesystem::path& folder, const Json& facts,
                           const std::vector<Source>& sources) {
  write_manifest(folder, inference::kBundleKind, facts, sources);
  const inference::Bundle bundle(folder);
  const auto id = [&](int64_t nth) {
    const int64_t titles = bundle.titles().size();
    return Json(bundle.titles()[1 + nth % titles].id);
  };
  std::vector<std::string> requests;
  for (const Json& history : {Json::array(), Json{id(0)}, Json{id(1), id(2), id(3)},
                              Json{id(0), "an id that is not there", id(4)}}) {
    requests.push_back(Json{{"history", history}, {"k", 5}}.dump());
  }
  const inference::Runner runner(bundle);
  write_file(folder / inference::kGoldenFile,
             inference::golden_json(runner, requests).dump(1) + "\n");
}

}  // namespace marquee::exporting
