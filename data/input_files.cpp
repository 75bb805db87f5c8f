#include "data/input_files.h"

#include <glob.h>

#include <algorithm>

#include "core/error.h"
#include "core/text.h"
#include "data/table.h"

namespace marquee::data {

namespace fs = std::filesystem;

namespace {

// How writers name the folder of rows without a value.
constexpr const char* kNoValue = "__HIVE_DEFAULT_PARTITION__";

bool is_aside(const fs::path& path) {
  const std::string name = path.filename().string();
  return name.starts_with('_') || name.starts_with('.');
}

InputFile file_in(const fs::path& folder, const fs::path& file) {
  InputFile found{file, {}};
  for (const fs::path& step : file.lexically_relative(folder).parent_path()) {
    const std::string name = step.string();
    const size_t sign = name.find('=');
    if (sign == std::string::npos || sign == 0) continue;
    const auto decoded = [&](const std::string& text) {
      return percent_decoded(text, "the folder " + (folder / step).string(), false);
    };
    const std::string value = decoded(name.substr(sign + 1));
    found.constants.emplace_back(decoded(name.substr(0, sign)), value == kNoValue ? "" : value);
  }
  return found;
}

std::vector<InputFile> files_in(const fs::path& folder) {
  std::vector<InputFile> files;
  for (auto each = fs::recursive_directory_iterator(folder); each != fs::end(each); ++each) {
    if (is_aside(each->path())) {
      each.disable_recursion_pending();
    } else if (each->is_regular_file()) {
      files.push_back(file_in(folder, each->path()));
    }
  }
  if (files.empty()) throw Error(folder.string() + " is a folder without files");
  std::ranges::sort(files, {}, &InputFile::file);
  return files;
}

std::vector<fs::path> matches(const fs::path& pattern) {
  glob_t found{};
  std::vector<fs::path> paths;
  if (glob(pattern.c_str(), GLOB_NOSORT, nullptr, &found) == 0) {
    for (size_t i = 0; i < found.gl_pathc; ++i) paths.emplace_back(found.gl_pathv[i]);
  }
  globfree(&found);
  std::ranges::sort(paths);
  return paths;
}

}  // namespace

std::vector<InputFile> input_files(std::span<const fs::path> paths) {
  std::vector<InputFile> files;
  const auto add = [&](const fs::path& path) {
    if (fs::is_directory(path)) {
      std::ranges::move(files_in(path), std::back_inserter(files));
    } else {
      files.push_back({path, {}});
    }
  };
  for (const fs::path& path : paths) {
    if (path == kStandardInput) {
      files.push_back({path, {}});
      continue;
    }
    if (fs::exists(path)) {
      add(path);
      continue;
    }
    const auto found = matches(path);
    if (found.empty()) throw Error("there is no " + path.string());
    std::ranges::for_each(found, add);
  }
  return files;
}

}  // namespace marquee::data
