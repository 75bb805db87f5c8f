// Takes a member out of a dataset that is there.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "core/json.h"

namespace marquee::data {

// The tombstones that a dataset keeps: ingest over the same folder reads them.
inline constexpr const char* kDatasetTombstones = "forgotten.json";

struct DatasetErasure {
  int64_t interactions = 0;  // of the member, that are gone
  int64_t shown = 0;         // rows of pages that were shown to them, of the log that it is from
  bool held = false;         // the member, now or before they were forgotten
  std::vector<std::string> ids;  // all that the dataset had before
};

// Writes the dataset anew without the member, with their tombstone, and replaces it when that is
// complete; indices of titles stay, those of later members move up by one. A dataset that does not
// know the member gets the tombstone alone. `until`: Unix seconds. Throws Error as Dataset and
// ArtefactWriter.
DatasetErasure forget_member(const std::filesystem::path& folder, const std::string& user_id,
                             int64_t until);

// All that the dataset holds of the member; null if it does not know them. Throws Error as Dataset.
Json exported_member(const std::filesystem::path& folder, const std::string& user_id);

}  // namespace marquee::data
