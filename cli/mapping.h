// `--mapping` of ingest: from its configuration to what the data room reads.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "data/ingest.h"

namespace marquee::cli {

// Fills the mapping of the options from a file, if there is one, with overrides ("keep.from=2026").
// Throws Error as read_mapping_config, and where a time or a value cannot be read.
void read_mapping(const std::filesystem::path& file, const std::vector<std::string>& overrides,
                  data::IngestOptions& options);

// The mapping that the dataset was made with, if there was one.
void take_mapping_of(const Manifest& dataset, data::IngestOptions& options);

}  // namespace marquee::cli
