// A server's store as files that ingest reads (data/ingest.h).
#pragma once

#include <filesystem>
#include <string>

#include "data/ingest.h"

namespace marquee::serving {

struct StorePlaces {
  std::filesystem::path state;  // of marquee serve --state
  std::string redis;            // of --redis, where histories are there; "": they are in `state`

  bool empty() const { return state.empty() && redis.empty(); }
};

// Writes the events of members who did not choose to have no profile, and titles that were put or
// withdrawn while serving. Throws Error as all_histories.h, and if there is no store in the folder.
data::WrittenInputs write_store(const StorePlaces& places, const std::filesystem::path& folder,
                                const data::Dataset* before);

}  // namespace marquee::serving
