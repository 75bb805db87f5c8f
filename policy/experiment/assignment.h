// Which arm a member has: by a hash of a salt and the member's id, so that it depends on nobody
// else, is the same wherever it is asked, and that another salt (another experiment) says nothing
// about it.
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>

#include "configs/experiment_config.h"

namespace marquee::policy {

// An index of `shares`, with a chance in proportion to it.
size_t assigned_arm(const std::string& user_id, const std::string& salt,
                    std::span<const double> shares);

// Reads the column user_id of a CSV or JSON lines, each id once, and writes a CSV with user_id and
// arm, of those that `shares` of the configuration names. Returns how many there are. Throws Error
// naming every bad line, or if there are fewer than two arms.
int64_t assign_members(const std::filesystem::path& users, const configs::ExperimentConfig& config,
                       const std::filesystem::path& out);

}  // namespace marquee::policy
