// What ingest reads from: the files that were named, or a MovieLens folder.
#pragma once

#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "core/artefact.h"
#include "core/problems.h"
#include "data/mapping.h"
#include "data/table.h"
#include "data/titles.h"
#include "data/users.h"

namespace marquee::data {

struct Sources {
  std::string name;
  std::vector<std::unique_ptr<Table>> interactions;  // one a file, at least one
  std::vector<TitleRecord> titles;
  UserAttributes users;
  std::vector<std::filesystem::path> files;  // all that was read
  std::vector<Source> read;                  // the same of what is no file: standard input
};

// Lists of files, folders and patterns (input_files.h); one of all may be standard input ("-").
struct InputPaths {
  std::span<const std::filesystem::path> interactions, titles, users;
};

// `spool`: the folder for what cannot be read where it is (TableFormat::spool). Throws Error if a
// file is not there.
Sources open_files(const InputPaths& paths, const Mapping& mapping,
                   const std::filesystem::path& spool, Problems& problems);

// Any of latest-small, latest, 20M, 25M, 32M (ratings.csv, movies.csv), 1M, 10M (ratings.dat,
// movies.dat, users.dat) and 100K (u.data, u.item, u.user), with credits.csv beside them where
// present. Throws Error if the folder is none of these.
Sources open_movielens(const std::filesystem::path& folder, Problems& problems);

}  // namespace marquee::data
