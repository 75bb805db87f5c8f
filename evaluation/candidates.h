// Which titles a target is ranked among when it is not all of them.
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <utility>
#include <vector>

#include "data/dataset.h"

namespace marquee::evaluation {

inline constexpr int kNegatives = 99;

// Titles without interactions of the user in any part, distinct and ascending: 99, or all if fewer.
// They depend on the user and the seed alone, not on bundle, target or the order of calls.
std::vector<uint32_t> sampled_negatives(const data::Dataset& dataset, int64_t user, uint64_t seed);

// A candidates file: CSV with the columns user_id and title_id, in any order and among others.
class Candidates {
 public:
  // Throws Error with every row that names an unknown user or title, as FILE:LINE: FIELD "VALUE".
  // Repeated rows count once.
  Candidates(const std::filesystem::path& csv, const data::Dataset& dataset);

  // The titles for this user, ascending and distinct; empty where the file has none.
  std::vector<uint32_t> of(int64_t user) const;

  int64_t rows() const { return static_cast<int64_t>(rows_.size()); }

 private:
  std::vector<std::pair<uint32_t, uint32_t>> rows_;  // user, title; sorted
};

}  // namespace marquee::evaluation
