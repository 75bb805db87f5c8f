// The `search:` section of a configuration: which keys `marquee tune` varies, and how.
//
//   search:
//     model.dim: [32, 64, 128]
//     train.learning_rate: {from: 1e-4, to: 1e-2, scale: log}
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "configs/config.h"

namespace marquee::configs {

// A key with the values it may take: one of `choices`, or a number of a range where there are none.
struct SearchKey {
  std::string key;
  std::vector<std::string> choices;
  double from = 0, to = 0;
  bool logarithmic = false;
  bool integer = false;
};

// KEY=VALUE for each key of the space, as --set takes them.
using Assignments = std::vector<std::string>;

class SearchSpace {
 public:
  // Reads `file`; `overrides` hold for all trials. Throws one Error with every problem as
  // file:line: search.key: message: no such section, unknown keys, values out of the key's range,
  // empty lists, invalid ranges.
  SearchSpace(const std::filesystem::path& file, const std::vector<std::string>& overrides);

  const std::vector<SearchKey>& keys() const { return keys_; }

  // What all trials share, and one of them.
  Config base() const { return with({}); }
  Config with(const Assignments& assignments) const;  // throws Error if they break a rule

  // The same for the same seed and trial. Draws until the rules across keys hold; throws Error if
  // they never do.
  Assignments draw(uint64_t seed, int64_t trial) const;

 private:
  std::string text_, where_;
  std::vector<std::string> overrides_;
  std::vector<SearchKey> keys_;
};

}  // namespace marquee::configs
