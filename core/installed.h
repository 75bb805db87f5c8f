// Where the files are that belong to this program.
#pragma once

#include <filesystem>
#include <optional>
#include <string_view>

namespace marquee {

// A program or a module: beside this program, as in a build, or in lib/marquee, where it is
// installed. Nothing if it is in neither.
std::optional<std::filesystem::path> program_file(std::string_view name);

// A file that was installed in share/marquee.
std::optional<std::filesystem::path> shared_file(const std::filesystem::path& name);

}  // namespace marquee
