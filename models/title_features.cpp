#include "models/title_features.h"

#include <ATen/ops/zeros.h>

#include <algorithm>

#include "data/buckets.h"

namespace marquee::models {

namespace {
int64_t most_names(const data::Catalogue& catalogue, data::Feature feature) {
  size_t most = 1;
  for (int64_t title = 1; title <= catalogue.size(); ++title) {
    most = std::max(most, catalogue.features(feature, title).size());
  }
  return std::min<int64_t>(static_cast<int64_t>(most), kMaxNamesPerFeature);
}
}  // namespace

Json FeatureLayout::to_json(const data::Catalogue& catalogue) const {
  Json json = Json::array();
  for (size_t f = 0; f < fields.size(); ++f) {
    Json names = Json::array();
    for (int64_t id = 1; f < data::kFeatures && id <= fields[f].ids; ++id) {
      names.push_back(std::string(catalogue.feature_name(static_cast<data::Feature>(f), id)));
    }
    json.push_back({{"name", fields[f].name},
                    {"first_column", fields[f].first_column},
                    {"columns", fields[f].columns},
                    {"first_id", fields[f].first_id},
                    {"ids", fields[f].ids},
                    {"names", names}});
  }
  return {{"columns", columns}, {"fields", json}};
}

FeatureLayout feature_layout(const data::Catalogue& catalogue) {
  FeatureLayout layout;
  const auto add = [&](const std::string& name, int64_t columns, int64_t ids) {
    layout.fields.push_back({name, layout.columns, columns, layout.ids + 1, ids});
    layout.columns += columns;
    layout.ids += ids;
  };
  for (int f = 0; f < data::kFeatures; ++f) {
    const auto feature = static_cast<data::Feature>(f);
    add(data::kFeatureNames[static_cast<size_t>(f)], most_names(catalogue, feature),
        catalogue.vocabulary_size(feature));
  }
  add("year", 1, data::kYearBuckets);
  add("runtime", 1, data::kRuntimeBuckets);
  return layout;
}

at::Tensor feature_table(const data::Catalogue& catalogue, const FeatureLayout& layout) {
  at::Tensor table = at::zeros({catalogue.size() + 1, layout.columns}, at::kLong);
  auto* const cells = table.mutable_data_ptr<int64_t>();
  for (int64_t title = 1; title <= catalogue.size(); ++title) {
    int64_t* const row = cells + title * layout.columns;
    const auto put = [&](const FeatureField& field, int64_t column, int64_t id) {
      if (id > 0) row[field.first_column + column] = field.first_id + id - 1;
    };
    for (size_t f = 0; f < data::kFeatures; ++f) {
      const auto& field = layout.fields[f];
      const auto names = catalogue.features(static_cast<data::Feature>(f), title);
      for (int64_t i = 0; i < std::min<int64_t>(field.columns, std::ssize(names)); ++i) {
        put(field, i, names[static_cast<size_t>(i)]);
      }
    }
    put(layout.fields[data::kFeatures], 0, data::year_bucket(catalogue.year(title)));
    put(layout.fields[data::kFeatures + 1], 0,
        data::runtime_bucket(catalogue.runtime_minutes(title)));
  }
  return table;
}

}  // namespace marquee::models
