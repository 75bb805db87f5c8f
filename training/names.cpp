#include "training/names.h"

#include <algorithm>
#include <unordered_map>

#include "core/error.h"
#include "core/file.h"
#include "core/json.h"
#include "core/text.h"
#include "models/title_features.h"

namespace marquee::training {

namespace {

std::vector<int64_t> rows_in(const std::vector<std::string>& names,
                             const std::vector<std::string>& earlier) {
  std::unordered_map<std::string, int64_t> places;
  for (size_t i = 0; i < earlier.size(); ++i) places.emplace(earlier[i], std::ssize(places) + 1);
  std::vector<int64_t> rows = {0};
  for (const std::string& name : names) {
    const auto found = places.find(name);
    rows.push_back(found == places.end() ? -1 : found->second);
  }
  return rows;
}

}  // namespace

Names Names::of(const data::Dataset& dataset) {
  const data::Catalogue& catalogue = dataset.catalogue();
  Names names;
  for (int64_t title = 1; title <= catalogue.size(); ++title) {
    names.titles_.emplace_back(catalogue.id(title));
  }
  for (const auto& field : models::feature_layout(catalogue).fields) {
    const auto feature = std::ranges::find(data::kFeatureNames, field.name);
    for (int64_t id = 1; id <= field.ids; ++id) {
      const bool has_names = feature != data::kFeatureNames.end();
      const auto of = static_cast<data::Feature>(feature - data::kFeatureNames.begin());
      names.features_.push_back(
          cat(field.name, ":",
              has_names ? std::string(catalogue.feature_name(of, id)) : std::to_string(id)));
    }
  }
  return names;
}

Names Names::read(const Manifest& run) {
  const std::string where = (run.folder / kNamesFile).string();
  if (!run.lists(kNamesFile)) {
    throw artefact_error(cat(run.folder.string(), " holds no ", kNamesFile,
                             ", as runs of older versions do not; train it again"));
  }
  const Json json = parse_json(read_verified(run, kNamesFile), where);
  Names names;
  try {
    json.at("titles").get_to(names.titles_);
    json.at("features").get_to(names.features_);
  } catch (const Json::exception& reason) {
    throw artefact_error(cat(where, " is damaged: ", json_reason(reason)));
  }
  return names;
}

void Names::write(const std::filesystem::path& run) const {
  write_file(run / kNamesFile, Json{{"titles", titles_}, {"features", features_}}.dump());
}

std::vector<int64_t> Names::title_rows(const Names& earlier) const {
  return rows_in(titles_, earlier.titles_);
}

std::vector<int64_t> Names::feature_rows(const Names& earlier) const {
  return rows_in(features_, earlier.features_);
}

}  // namespace marquee::training
