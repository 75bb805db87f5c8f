// Rules that every stretch of a list is to keep: at most so many titles of one studio, at least so
// many new ones.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "inference/title_table.h"

namespace marquee::inference {

struct ListRules {
  int window = 10;  // places in a row for which the rules hold, wherever they begin
  // Most titles with the same name of a feature, by data::Feature; 0: any number. Of genres and
  // languages the first of a title counts, of the others each.
  std::array<int, data::kFeatures> most{};
  int least_new = 0;   // titles of the newest years
  int new_years = 3;   // of the catalogue
  int least_from = 0;  // titles more than half of whose countries are among these
  std::shared_ptr<const std::set<std::string>> countries = nullptr;

  bool any() const;
};

// Which rules a list does not keep, bit i: kRelaxed[i]; in the order in which they are given up
// where no candidate keeps all of them.
inline constexpr std::array<const char*, data::kFeatures + 2> kRelaxed = {
    "new", "language", "actor", "director", "studio", "genre", "countries"};
std::vector<std::string> relaxed_names(uint32_t relaxed);

struct OrderedList {
  std::vector<uint32_t> places;  // indices of the candidates
  uint32_t relaxed = 0;          // bits of kRelaxed
};

// The first k candidates in their order, each where the rules allow it: place by place the first
// that is left and keeps them. `newest`: the newest year of the catalogue.
OrderedList keep_rules(std::span<const uint32_t> candidates, size_t k, const ListRules& rules,
                       const TitleTable& titles, int newest);

}  // namespace marquee::inference
