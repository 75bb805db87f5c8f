// Raw files to a dataset: parse, give every id an index, sort by user and time, split, write.
// Memory stays bounded: columns live in files from the start (docs/data.md gives the bytes a row).
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "core/artefact.h"
#include "data/feedback.h"
#include "data/mapping.h"
#include "data/splits.h"
#include "data/titles.h"

namespace marquee::data {

// Input that something writes into a folder first: the events and titles of a server's store.
struct WrittenInputs {
  std::filesystem::path interactions;  // CSV; removed at the end
  std::vector<TitleRecord> titles;     // over those of the titles file
  std::vector<std::string> withdrawn;  // ids of titles that are not available any more
  Source source;
  std::string name;  // of the dataset, unless it has another
  Json facts;
};
using WriteInputs =
    std::function<WrittenInputs(const std::filesystem::path& folder, const Dataset* before)>;

struct IngestOptions {
  // Either a MovieLens folder, or files, or a server's log. Formats are recognised by content: a
  // first byte of '{' means JSON lines, "PAR1" Parquet; gzip and Zstandard are unpacked.
  std::filesystem::path movielens;
  std::vector<std::filesystem::path> interactions;  // files, folders or patterns (input_files.h)
  WriteInputs written;       // instead of interactions; before: the dataset appended to, or null
  FeedbackOptions feedback;  // instead of interactions: the log of a server, if it has a folder
  std::vector<std::filesystem::path> titles;  // the same; optional
  std::vector<std::filesystem::path> users;   // the same; optional
  // Optional: a dataset that these files are added to. Its members, titles and interactions stay,
  // with their indices; split and mapping must be those that it was made with.
  std::filesystem::path append;
  std::filesystem::path tombstones;  // optional: members who were forgotten, left out
  std::filesystem::path out;
  std::string name;  // shown in reports; default: the folder's or file's name
  bool overwrite = false;
  SplitOptions split;
  Mapping mapping;
  std::string mapping_yaml;  // as it is kept with the dataset; "": there is none
};

// What was read, for the closing line of `marquee ingest`.
struct IngestSummary {
  Manifest manifest;
  int64_t rows = 0;
  int64_t new_users = 0, new_titles = 0;  // with append
  Json left_out;  // interactions by the keys of the mapping that left them out
  Json events;    // how often files had the names of events that the mapping gives a meaning
  double seconds = 0;
};

// What comes of it is byte for byte, but for the manifest, what one ingest of all files gives,
// unless titles come into the titles file after interactions named them or others.
//
// Throws Error listing up to 20 problems as FILE:LINE: FIELD "VALUE": what is wrong; what to do.
IngestSummary ingest(const IngestOptions& options);

}  // namespace marquee::data
