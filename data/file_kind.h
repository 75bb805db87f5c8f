// What a file is that is no table: a refusal says so, and what to do.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace marquee::data {

// By its first bytes: compressed, a database, UTF-16, a JSON array, ... Empty where it may be CSV
// or JSON lines.
std::string not_a_table(std::string_view text, const std::filesystem::path& file);

// By its first line, where that does not divide into columns at commas: another separator, carriage
// returns, a file of MovieLens. Empty where it may be a header.
std::string not_a_header(std::string_view line, const std::filesystem::path& file);

// By its columns: a file of MovieLens, which has names of its own. Empty for others.
std::string foreign_columns(const std::vector<std::string>& header,
                            const std::filesystem::path& file);

// Why a line is no JSON, where that can be seen; else empty.
std::string not_json(std::string_view line);

}  // namespace marquee::data
