// Several values of a member, such as the latency of each of their pages, for metrics of their
// distribution.
#pragma once

#include <filesystem>

#include "policy/experiment/units.h"

namespace marquee::policy {

// Reads a CSV or JSON lines with columns user_id and `column`, any number of rows a member. Rows of
// people who are not in the experiment are left out. Throws Error naming every bad line, or if no
// row is of a member.
std::vector<MemberValue> read_values(const std::filesystem::path& file, const std::string& column,
                                     const Units& units);

}  // namespace marquee::policy
