// A bundle numbers its titles like the dataset that it was trained on. Where it is evaluated on
// another one, titles are matched by their id.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "inference/bundle.h"

namespace marquee::evaluation {

// What becomes of titles that the bundle does not know.
enum class Strangers {
  kRefused,     // metrics over different catalogues cannot be compared
  kNeverFound,  // as it is where an older bundle serves: they are never shown, nor read in
                // histories
};

class TitleMap {
 public:
  // Throws Error (artefact) if the bundle does not know all titles of the catalogue and strangers
  // are refused. Titles that only the bundle knows are never ranked.
  TitleMap(const inference::Bundle& bundle, const data::Catalogue& catalogue,
           Strangers strangers = Strangers::kRefused);

  // 0 for those that it does not know.
  std::vector<uint32_t> to_bundle(std::span<const uint32_t> titles) const;
  uint32_t to_dataset(uint32_t title) const { return same_ ? title : to_dataset_[title]; }

  // For inference::Query: the catalogue's titles as a bitmap over the bundle's; empty for all.
  std::span<const uint64_t> allowed() const { return allowed_; }

 private:
  bool same_;                         // both have the same numbering: nothing below is filled
  std::vector<uint32_t> to_bundle_;   // [dataset titles + 1]
  std::vector<uint32_t> to_dataset_;  // [bundle titles + 1], 0 for titles beyond the catalogue
  inference::TitleBitmap allowed_;    // titles of the bundle that are in the dataset
};

}  // namespace marquee::evaluation
