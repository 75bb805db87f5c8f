// The features of a title as a model takes them: ids of its genres, actors, directors, studios,
// languages, of its year and its runtime, in one vocabulary and one padded table, so that one
// look-up serves all features.
#pragma once

#include <ATen/core/Tensor.h>

#include <array>
#include <string>
#include <vector>

#include "core/json.h"
#include "data/dataset.h"

namespace marquee::models {

// The columns of one feature in the feature table, and its ids: first_id is its name number 1.
struct FeatureField {
  std::string name;
  int64_t first_column = 0;
  int64_t columns = 0;
  int64_t first_id = 1;
  int64_t ids = 0;
};

struct FeatureLayout {
  std::vector<FeatureField> fields;  // the five list features, then year and runtime
  int64_t columns = 0;
  int64_t ids = 0;  // the vocabulary is 1..ids; 0: none

  // content.json of a bundle: the columns, and the names behind the ids, so that the features of a
  // title that was not there at training can be written.
  Json to_json(const data::Catalogue& catalogue) const;
};

// At most this many names of a feature are used, the first ones (billing order for actors).
inline constexpr int64_t kMaxNamesPerFeature = 8;

FeatureLayout feature_layout(const data::Catalogue& catalogue);

// → [titles + 1, columns] int64; row 0 is zero.
at::Tensor feature_table(const data::Catalogue& catalogue, const FeatureLayout& layout);

}  // namespace marquee::models
