// The titles of a bundle without their vectors: titles.csv, in index order.
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "data/dataset.h"
#include "data/vocabulary.h"
#include "inference/title_edits.h"

namespace marquee::inference {

struct Title {
  std::string id;
  std::string name;
  int year = 0;  // 0: unknown
  // By data::Feature: numbers of names, as TitleTable::feature_name shows them, in file order.
  std::array<std::vector<uint32_t>, data::kFeatures> features;
  std::string maturity;                                          // "": unrated
  int64_t available_from = std::numeric_limits<int64_t>::min();  // Unix seconds
  int64_t available_until = std::numeric_limits<int64_t>::max();
  std::vector<std::string> regions;    // empty: all
  std::vector<std::string> countries;  // where it was made; empty: unknown
  int64_t popularity = 0;              // train interactions
  bool withdrawn = false;              // known from histories, never answered

  const std::vector<uint32_t>& operator[](data::Feature feature) const {
    return features[static_cast<size_t>(feature)];
  }
};

class TitleTable {
 public:
  // Throws Error (artefact) if the file does not parse, has no title or has an id twice.
  explicit TitleTable(const std::filesystem::path& titles_csv);
  // `base` with the edits: titles that it knows keep their index and popularity; new ones come
  // after them if `adds`, else they are left out.
  TitleTable(const TitleTable& base, const TitleEdits& edits, bool adds);
  TitleTable(const TitleTable&) = delete;  // large
  TitleTable& operator=(const TitleTable&) = delete;

  int64_t size() const { return static_cast<int64_t>(titles_.size()) - 1; }
  const Title& operator[](int64_t title) const { return titles_[static_cast<size_t>(title)]; }
  int64_t find(std::string_view id) const;  // 0: unknown

  // Of titles that were not withdrawn; 0: unknown.
  int newest_year() const;

  const data::Vocabulary& feature_names(data::Feature feature) const {
    return feature_names_[static_cast<size_t>(feature)];
  }
  std::string_view feature_name(data::Feature feature, uint32_t value) const {
    return feature_names(feature)[value];
  }

 private:
  void fill(Title& title, const data::TitleRecord& row);

  std::vector<Title> titles_;  // [0] is padding
  std::array<data::Vocabulary, data::kFeatures> feature_names_;
  data::Vocabulary ids_;  // title i is its string i - 1
};

// Writes titles.csv as TitleTable reads it: the columns of a titles file and `popularity`
// ([titles + 1]).
void write_titles_csv(const data::Catalogue& catalogue, const std::vector<int64_t>& popularity,
                      const std::filesystem::path& file);

}  // namespace marquee::inference
