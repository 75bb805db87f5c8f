// What the synth tests share: a small service to write, and what was written, read back.
#pragma once

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <map>
#include <numeric>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "core/error.h"
#include "core/file.h"
#include "core/text.h"
#include "data/synth.h"

namespace marquee::data {

using Row = std::map<std::string, std::string>;

inline std::vector<Row> read_csv(
    const std::filesystem::path& file) {  // no cell that is written needs quotes
  std::vector<Row> rows;
  std::vector<std::string> columns;
  for (const std::string& line : split(read_file(file), '\n')) {
    if (line.empty()) continue;
    const std::vector<std::string> cells = split(line, ',');
    if (columns.empty()) {
      columns = cells;
      continue;
    }
    if (cells.size() != columns.size()) throw Error(cat("not ", columns.size(), " cells: ", line));
    for (size_t i = 0; i < cells.size(); ++i) {
      if (i == 0) rows.emplace_back();
      rows.back()[columns[i]] = cells[i];
    }
  }
  return rows;
}

inline std::map<std::string, Row> read_keyed(const std::filesystem::path& file,
                                             const std::string& key) {
  std::map<std::string, Row> result;
  for (Row& row : read_csv(file)) result[row[key]] = row;
  return result;
}

struct Watch {
  std::string title;
  int64_t time;
  std::string event;
  double value;
};

// What was written, with each user's watches oldest first.
struct Service {
  explicit Service(const std::filesystem::path& folder) {
    titles = read_keyed(folder / "titles.csv", "title_id");
    users = read_keyed(folder / "users.csv", "user_id");
    title_truth = read_keyed(folder / "truth_titles.csv", "title_id");
    user_truth = read_keyed(folder / "truth_users.csv", "user_id");
    for (Row& row : read_csv(folder / "interactions.csv")) {
      const double value = row["value"].empty() ? 0 : std::stod(row["value"]);
      watched[row["user_id"]].push_back(
          {row["title_id"], std::stoll(row["timestamp"]), row["event"], value});
      ++rows;
    }
    for (const auto& [id, row] : title_truth) {
      if (!row.at("franchise").empty()) part[{row.at("franchise"), row.at("part")}] = id;
    }
  }

  std::set<std::string> values(const std::string& title, const std::string& column) const {
    const std::vector<std::string> parts = split(titles.at(title).at(column), '|');
    return {parts.begin(), parts.end()};
  }
  std::string next_part(const std::string& title) const {
    const Row& row = title_truth.at(title);
    const auto next =
        part.find({row.at("franchise"), std::to_string(std::stoi(row.at("part")) + 1)});
    return next == part.end() ? "" : next->second;
  }
  std::vector<double> taste(const std::string& title) const {
    std::vector<double> result;
    for (const std::string& word : split(title_truth.at(title).at("taste"), ' ')) {
      result.push_back(std::stod(word));
    }
    return result;
  }

  std::map<std::string, Row> titles, users, title_truth, user_truth;
  std::map<std::string, std::vector<Watch>> watched;
  std::map<std::pair<std::string, std::string>, std::string> part;
  int64_t rows = 0;
};

inline double mean(const std::vector<double>& values) {
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

inline double dot(const std::vector<double>& a, const std::vector<double>& b) {
  return std::inner_product(a.begin(), a.end(), b.begin(), 0.0);
}

inline double cosine(const std::vector<double>& a, const std::vector<double>& b) {
  return dot(a, b) / std::sqrt(dot(a, a) * dot(b, b));
}

inline double correlation(std::vector<double> a, std::vector<double> b) {
  const double mean_a = mean(a), mean_b = mean(b);
  for (double& value : a) value -= mean_a;
  for (double& value : b) value -= mean_b;
  return cosine(a, b);
}

inline SynthOptions medium_service(const std::filesystem::path& out) {
  SynthOptions options;
  options.out = out;
  options.users = 1'200;
  options.titles = 800;
  options.interactions = 70'000;
  options.seed = 7;
  return options;
}

inline SynthOptions small_service(const std::filesystem::path& out) {
  SynthOptions options = medium_service(out);
  options.users = 150;
  options.titles = 120;
  options.interactions = 3'000;
  return options;
}

}  // namespace marquee::data
