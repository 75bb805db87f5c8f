// Takes a member out of a dataset that is there.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "core/artefact.h"
#include "core/json.h"

namespace marquee::data {

// The tombstones that a dataset keeps: ingest over the same folder reads them.
inline constexpr const char* kDatasetTombstones = "forgotten.json";

struct DatasetErasure {
  int64_t interactions = 0;  // of the member, that are gone
  int64_t shown = 0;         // rows of pages that were shown to them, of the log that it is from
  // Ids of the datasets that held the member: what this one was before, now or when they were
  // forgotten first. Datasets that it replaced are among them.
  std::vector<std::string> held_in;
};

// The id of a dataset, and those that it had before members were taken out of it.
std::vector<std::string> ids_of(const Manifest& dataset);

// Ids of the datasets that ingest has replaced in this place. They are kept in a hidden file, which
// is no part of the artefact: the same files give the same dataset, whatever was there before.
std::vector<std::string> replaced_ids(const std::filesystem::path& folder);
void keep_replaced_ids(const std::filesystem::path& folder, const std::vector<std::string>& ids);

// Writes the dataset anew without the member, with their tombstone, and replaces it when that is
// complete; indices of titles stay, those of later members move up. `ids`: under which the member
// may be in it. A dataset that knows none of them gets the tombstones alone. `until`: Unix seconds.
// Throws Error as Dataset and ArtefactWriter.
DatasetErasure forget_member(const std::filesystem::path& folder,
                             const std::vector<std::string>& ids, int64_t until);

// All that the dataset holds of the member; null if it knows none of the ids. Throws Error as
// Dataset.
Json exported_member(const std::filesystem::path& folder, const std::vector<std::string>& ids);

}  // namespace marquee::data
