// Titles as a titles file gives them, before they become rows of the catalogue.
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <limits>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "core/json.h"
#include "core/problems.h"
#include "data/dataset.h"
#include "data/table.h"
#include "data/vocabulary.h"

namespace marquee::data {

struct TitleRecord {
  std::string id;
  std::string name;
  std::array<std::vector<std::string>, kFeatures> features;
  std::string maturity;
  std::string regions;
  std::string countries;  // where it was made: "GB|FR"
  int64_t available_from = std::numeric_limits<int64_t>::min();
  int64_t available_until = std::numeric_limits<int64_t>::max();
  uint16_t year = 0;
  uint16_t runtime_minutes = 0;

  std::vector<std::string>& operator[](Feature feature) {
    return features[static_cast<size_t>(feature)];
  }
};

// Nothing is known of it but its id.
bool is_known_by_id_alone(const TitleRecord& title);

// The columns of a titles file, in the order of Table::columns().
Schema titles_schema();

// What is longer, or more, than the limits (data/limits.h) allow: the column of a titles file and
// what is wrong with it; nothing if all is well.
struct TitleProblem {
  const char* column;
  std::string value, reason;
};
std::optional<TitleProblem> problem_of(const TitleRecord& title);

// Of all tables, in their order. Wrong fields and ids given twice are problems.
std::vector<TitleRecord> read_titles(std::span<const std::unique_ptr<Table>> tables,
                                     Problems& problems);
std::vector<TitleRecord> read_titles(const Table& table, Problems& problems);

// "a|b" to its parts: without blanks around them, empty ones, repeated ones and MovieLens' "(no
// genres listed)".
std::vector<std::string> split_values(std::string_view text);

// "FR, DE" to a set of countries.
std::set<std::string> country_set(const std::string& comma_separated);
// Whether more than half of a title's countries are in the set.
bool mostly_from(std::span<const std::string> countries, const std::set<std::string>& set);

// Writes the catalogue's columns: padding, `titles`, then the ids from titles.size() + 1 on, known
// from interactions alone. `ids` begins with the padding's empty id. Returns the facts of each
// feature: how many names it has and how many titles have any.
Json write_catalogue(const std::vector<TitleRecord>& titles, const Vocabulary& ids,
                     const std::filesystem::path& folder);

}  // namespace marquee::data
