#include "data/mapping.h"

namespace marquee::data {

Schema renamed(Schema schema, const ColumnNames& names) {
  for (Column& column : schema.columns) {
    const auto found = names.find(column.name);
    if (found == names.end()) continue;
    column.name = found->second;
    column.required = true;
  }
  return schema;
}

void EventNames::add(std::string_view name, Meaning meaning) {
  if (names_.add(name) == meanings_.size()) meanings_.push_back(meaning);
}

Mapping::Mapping() {
  scale.fill(1);
  least.fill(-std::numeric_limits<float>::infinity());
}

Mapping Mapping::without_names() const {
  Mapping rules;
  rules.least = least;
  rules.from = from;
  rules.until = until;
  rules.thinning = thinning;
  rules.weights = weights;
  return rules;
}

std::string mapping_of(const Manifest& dataset) {
  return dataset.lists(kDatasetMapping) ? read_verified(dataset, kDatasetMapping) : "";
}

}  // namespace marquee::data
