#include "inference/feature_ids.h"

#include "core/error.h"
#include "core/file.h"
#include "core/json.h"
#include "core/text.h"
#include "data/buckets.h"

namespace marquee::inference {

FeatureIds::FeatureIds(const std::filesystem::path& file) {
  const Json json = parse_json(read_file(file), file.string());
  try {
    columns_ = json.at("columns").get<int64_t>();
    for (const Json& each : json.at("fields")) {
      Field& field = fields_.emplace_back();
      field.first_column = each.at("first_column").get<int64_t>();
      field.columns = each.at("columns").get<int64_t>();
      field.first_id = each.at("first_id").get<int64_t>();
      field.ids = each.at("ids").get<int64_t>();
      if (field.first_column < 0 || field.columns < 0 ||
          field.first_column + field.columns > columns_) {
        throw artefact_error(file.string() + ": a field has columns that are not there");
      }
      int64_t id = field.first_id;
      for (const Json& name : each.at("names")) field.names.emplace(name.get<std::string>(), id++);
    }
  } catch (const Json::exception& e) {
    throw artefact_error(cat(file.string(), ": ", e.what()));
  }
  if (fields_.size() != data::kFeatures + 2) {
    throw artefact_error(
        cat(file.string(), " has ", fields_.size(), " fields, not ", data::kFeatures + 2));
  }
}

std::vector<int64_t> FeatureIds::row(const data::TitleRecord& title) const {
  std::vector<int64_t> row(static_cast<size_t>(columns_));
  for (size_t f = 0; f < data::kFeatures; ++f) {
    const Field& field = fields_[f];
    int64_t column = field.first_column;
    for (const std::string& name : title.features[f]) {
      const auto found = field.names.find(name);
      if (found == field.names.end()) continue;
      if (column == field.first_column + field.columns) break;
      row[static_cast<size_t>(column++)] = found->second;
    }
  }
  const auto put = [&](const Field& field, int64_t bucket) {
    if (bucket > 0 && bucket <= field.ids) {
      row[static_cast<size_t>(field.first_column)] = field.first_id + bucket - 1;
    }
  };
  put(fields_[data::kFeatures], data::year_bucket(title.year));
  put(fields_[data::kFeatures + 1], data::runtime_bucket(title.runtime_minutes));
  return row;
}

}  // namespace marquee::inference
