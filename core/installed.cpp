#include "core/installed.h"

namespace marquee {

namespace fs = std::filesystem;

namespace {

// Installed programs are in bin and in lib/marquee.
constexpr const char* kProgramFolders[] = {".", "../lib/marquee"};
constexpr const char* kPrefixes[] = {"..", "../.."};

fs::path folder_of_program() {
  std::error_code unreadable;
  return fs::read_symlink("/proc/self/exe", unreadable).parent_path();
}

std::optional<fs::path> if_there(const fs::path& file) {
  std::error_code unreadable;
  if (!fs::exists(file, unreadable)) return std::nullopt;
  return file.lexically_normal();
}

}  // namespace

std::optional<fs::path> program_file(std::string_view name) {
  for (const char* folder : kProgramFolders) {
    if (auto file = if_there(folder_of_program() / folder / name)) return file;
  }
  return std::nullopt;
}

std::optional<fs::path> shared_file(const fs::path& name) {
  for (const char* prefix : kPrefixes) {
    if (auto file = if_there(folder_of_program() / prefix / "share/marquee" / name)) return file;
  }
  return std::nullopt;
}

}  // namespace marquee
