// The files of an input that may be many: a file, a folder of parts as Spark and Flink write them,
// or a pattern.
#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace marquee::data {

struct InputFile {
  std::filesystem::path file;
  // Columns that are in the names of folders, "day=2026-01-01", with their values.
  std::vector<std::pair<std::string, std::string>> constants;
};

// All files below a folder, in the order of their paths, without those whose name or folder begins
// with '_' or '.', which is what writers keep beside the data. Standard input ("-") stays as it is.
// Throws Error: a path names nothing, or a folder without files.
std::vector<InputFile> input_files(std::span<const std::filesystem::path> paths);

}  // namespace marquee::data
