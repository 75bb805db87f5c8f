// A streaming service that never was: a catalogue, members and what they watched, with the truths
// that recommenders live on planted in it and written beside it (docs/synthetic.md).
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
  // False: every member watches the same titles at the same moments, but which when is drawn anew,
  // so that order tells nothing. For checking that a sequence model gains from order alone.
  bool ordered = true;
};

// Writes interactions.csv, titles.csv, users.csv and truth.json. Same options, same bytes, whatever
// the number of threads. Throws Error for sizes that cannot be met (no users, more interactions a
// member than titles).
Manifest synthesise(const SynthOptions& options);

}  // namespace marquee::data
