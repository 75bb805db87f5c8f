// What the rows of a model's tables stand for: the titles and the names of features that a run knew
// when it began, kept in the run.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "core/artefact.h"
#include "data/dataset.h"

namespace marquee::training {

inline constexpr const char* kNamesFile = "names.json";  // of a run

class Names {
 public:
  static Names of(const data::Dataset& dataset);
  // Throws Error (artefact) if the file is missing (a run of an older version) or damaged.
  static Names read(const Manifest& run);
  void write(const std::filesystem::path& run) const;

  // For each row of a table over titles, or over the ids of features, the row in a table over
  // `earlier` ones; -1: it was not there. Row 0 is padding in both.
  std::vector<int64_t> title_rows(const Names& earlier) const;
  std::vector<int64_t> feature_rows(const Names& earlier) const;

 private:
  std::vector<std::string> titles_;    // ids, by index from 1
  std::vector<std::string> features_;  // "genre:Drama", by id from 1
};

}  // namespace marquee::training
