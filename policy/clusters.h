// Which actions of a log earn about the same, so that what one earned says something of the others.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "policy/bandit_log.h"

namespace marquee::policy {

// From "FILE.csv" or "FILE.csv:COLUMN": columns item_id and COLUMN (default: cluster). → [actions]
// as BanditLog::cluster. Throws Error naming every bad line: an item that is not in the log is
// ignored, one that is there twice is an error, as is an action of the log without a line.
std::vector<uint32_t> read_clusters(const std::string& words, const BanditLog& log);

}  // namespace marquee::policy
