// Everything that a store of histories holds, read while servers go on writing it: for ingest.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "inference/request.h"

namespace marquee::serving {

// A member's events, oldest first.
using TakeHistory =
    std::function<void(const std::string& user_id, const std::vector<inference::HistoryItem>&)>;

struct HistoryCounts {
  int64_t users = 0, events = 0;
  int64_t without_profile = 0;  // members who chose none, and are left out
};

// Members come in the order of their ids' bytes. Throws Error: there is no such file, it is no
// store of this program or was made by a newer one; or as redis_histories.
HistoryCounts read_sqlite_histories(const std::filesystem::path& file, const TakeHistory& take);
HistoryCounts read_redis_histories(const std::string& url, const TakeHistory& take);

}  // namespace marquee::serving
