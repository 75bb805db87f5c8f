// Raw files to a dataset: parse, give every id an index, sort by user and time, split, write.
// Memory stays bounded: columns live in files from the start (docs/data.md gives the bytes a row).
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "core/artefact.h"
#include "data/feedback.h"
#include "data/splits.h"

namespace marquee::data {

struct IngestOptions {
  // Either a MovieLens folder, or files, or a server's log. Formats are recognised by content: a
  // first byte of '{' means JSON lines, "PAR1" Parquet.
  std::filesystem::path movielens;
  std::vector<std::filesystem::path> interactions;  // files, folders or patterns (input_files.h)
  FeedbackOptions feedback;      // instead of interactions: the log of a server, if it has a folder
  std::filesystem::path titles;  // optional
  std::filesystem::path users;   // optional
  std::filesystem::path tombstones;  // optional: members who were forgotten, left out
  std::filesystem::path out;
  std::string name;  // shown in reports; default: the folder's or file's name
  bool overwrite = false;
  SplitOptions split;
};

// What was read, for the closing line of `marquee ingest`.
struct IngestSummary {
  Manifest manifest;
  int64_t rows = 0;
  double seconds = 0;
};

// Throws Error listing up to 20 problems as FILE:LINE: FIELD "VALUE": what is wrong; what to do.
IngestSummary ingest(const IngestOptions& options);

}  // namespace marquee::data
