// A synthetic streaming service: titles, users and what they watched, with the patterns that
// recommenders learn planted in it and written beside it (docs/synthetic.md).
#pragma once

#include <cstdint>
#include <filesystem>

#include "core/artefact.h"

namespace marquee::data {

struct SynthOptions {
  std::filesystem::path out;
  bool overwrite = false;
  int64_t users = 20'000;
  int64_t titles = 10'000;
  int64_t interactions = 1'500'000;
  uint64_t seed = 1;
  // False: every user watches the same titles at the same times, but in an order drawn anew, which
  // carries no information. For checking that a sequence model gains from order alone.
  bool ordered = true;
};

// Writes interactions.csv, titles.csv, users.csv and truth.json. Same options, same bytes, whatever
// the number of threads. Throws Error for sizes that cannot be met (no users, more interactions a
// user than titles).
Manifest synthesise(const SynthOptions& options);

}  // namespace marquee::data
