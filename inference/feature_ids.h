// content.json of a bundle: the ids that encode_titles takes for the features of a title
// (docs/bundles.md).
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <string>
#include <unordered_map>
#include <vector>

#include "data/titles.h"

namespace marquee::inference {

class FeatureIds {
 public:
  // Throws Error (artefact) if the file is not valid.
  explicit FeatureIds(const std::filesystem::path& file);

  int64_t columns() const { return columns_; }

  // → [columns]. Names that training did not have are left out.
  std::vector<int64_t> row(const data::TitleRecord& title) const;

 private:
  struct Field {
    int64_t first_column = 0, columns = 0, first_id = 0, ids = 0;
    std::unordered_map<std::string, int64_t> names;  // to ids
  };
  int64_t columns_ = 0;
  std::vector<Field> fields_;  // the features in their order, then year and runtime
};

}  // namespace marquee::inference
