// The names that titles have (genres, actors, ...), compact enough for the path of every answer: a
// Title keeps each of its lists somewhere else in memory.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "inference/title_table.h"

namespace marquee::inference {

class TitleNames {
 public:
  // A feature and the number that TitleTable gives the name within it.
  struct Name {
    uint32_t code;
    data::Feature feature() const { return static_cast<data::Feature>(code % data::kFeatures); }
    uint32_t value() const { return code / data::kFeatures; }
  };

  explicit TitleNames(const TitleTable& titles);

  // By feature, and within one in file order.
  std::span<const Name> operator[](uint32_t title) const {
    return std::span(names_).subspan(ends_[title], ends_[title + 1] - ends_[title]);
  }

  // Prefetches what operator[] reads, so that several titles load at once.
  void prefetch(uint32_t title) const { __builtin_prefetch(&names_[ends_[title]]); }

 private:
  std::vector<size_t> ends_;  // [titles + 2]: of title i - 1
  std::vector<Name> names_;
};

}  // namespace marquee::inference
