// Titles by a part of their name, as a search box wants them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "inference/title_table.h"

namespace marquee::inference {

class TitleSearch {
 public:
  explicit TitleSearch(const TitleTable& titles);  // which must outlive this

  // Titles whose name holds every word of `query` at the beginning of one of its words, whatever
  // their case (of ASCII letters); those whose name begins with the query first, then the most
  // popular. An empty query finds the most popular titles.
  std::vector<uint32_t> find(std::string_view query, size_t most) const;

 private:
  const TitleTable& titles_;
  std::vector<std::string> names_;  // folded, a blank before each word
  std::vector<uint32_t> most_watched_;
};

}  // namespace marquee::inference
