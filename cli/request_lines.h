// Requests from a file or stdin, one per line, answered on stdout.
#pragma once

#include <filesystem>
#include <string>

#include "inference/runner.h"

namespace marquee::cli {

// requests: a file's name, or "-". Ends with exit code 2 if any line failed.
void answer_lines(const std::string& requests, const inference::Runner& runner,
                  inference::Runner::Task task);

// Recommendations, into a Parquet file.
void answer_lines(const std::string& requests, const inference::Runner& runner,
                  const std::filesystem::path& parquet);

}  // namespace marquee::cli
