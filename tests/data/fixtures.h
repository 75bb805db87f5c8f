// Small files to ingest, and the resulting datasets.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "core/error.h"
#include "core/log.h"
#include "core/progress.h"
#include "data/dataset.h"
#include "data/ingest.h"
#include "tests/core/temp_folder.h"

namespace marquee::data {

// Ingest says what it does; tests do not.
inline const bool kQuiet = [] {
  Progress::set_quiet(true);
  log::configure(log::Level::kError, log::Format::kText);
  return true;
}();

// The message of the Error that `body` throws, with the folder's path cut out; "" if none.
inline std::string error_of(const TempFolder& folder, const std::function<void()>& body) {
  try {
    body();
  } catch (const Error& e) {
    std::string text = e.what();
    const std::string path = folder.path().string() + "/";
    for (size_t at; (at = text.find(path)) != std::string::npos;) text.erase(at, path.size());
    return text;
  }
  return "";
}

// Ingests `interactions` and `titles` as files of the folder (no titles file where empty) to "out".
inline IngestOptions options_for(const TempFolder& folder, std::string_view interactions,
                                 std::string_view titles = "", std::string_view users = "") {
  IngestOptions options;
  options.interactions = {folder.write("plays.csv", interactions)};
  if (!titles.empty()) options.titles = {folder.write("titles.csv", titles)};
  if (!users.empty()) options.users = {folder.write("users.csv", users)};
  options.out = folder / "out";
  options.overwrite = true;
  return options;
}

inline Dataset ingested(const TempFolder& folder, std::string_view interactions,
                        std::string_view titles = "", std::string_view users = "") {
  ingest(options_for(folder, interactions, titles, users));
  return Dataset(folder / "out");
}

// "user: title@time title@time ..." for every user in turn.
inline std::vector<std::string> histories(const Dataset& dataset) {
  std::vector<std::string> lines;
  for (int64_t user = 0; user < dataset.users(); ++user) {
    std::string line = std::string(dataset.user_id(user)) + ":";
    const History history = dataset.history(user);
    for (size_t i = 0; i < history.titles.size(); ++i) {
      line += " " + std::string(dataset.catalogue().id(history.titles[i])) + "@" +
              std::to_string(history.times[i]);
    }
    lines.push_back(line);
  }
  return lines;
}

}  // namespace marquee::data
