#include "data/titles.h"

#include <algorithm>
#include <array>
#include <utility>

#include "core/text.h"
#include "data/columns.h"
#include "data/fields.h"
#include "data/limits.h"

namespace marquee::data {

namespace {

constexpr std::string_view kNoGenres = "(no genres listed)";

enum class TitleColumn {
  kId,
  kName,
  kYear,
  kGenres,
  kActors,
  kDirectors,
  kStudios,
  kLanguage,
  kRuntime,
  kMaturity,
  kFrom,
  kUntil,
  kRegions,
  kCountries
};

// One record of a titles file.
class TitleParser {
 public:
  TitleParser(const Table& table, Findings& findings) : table_(table), findings_(findings) {}

  bool parse(const RecordReader& reader, TitleRecord& title) {
    fields_ = reader.fields();
    where_ = reader.where();
    title.id = field(TitleColumn::kId);
    title.name = field(TitleColumn::kName);
    if (title.name.empty()) title.name = title.id;
    title[Feature::kGenre] = split_values(field(TitleColumn::kGenres));
    title[Feature::kActor] = split_values(field(TitleColumn::kActors));
    title[Feature::kDirector] = split_values(field(TitleColumn::kDirectors));
    title[Feature::kStudio] = split_values(field(TitleColumn::kStudios));
    title[Feature::kLanguage] = split_values(field(TitleColumn::kLanguage));
    title.maturity = field(TitleColumn::kMaturity);
    title.regions = join(split_values(field(TitleColumn::kRegions)), "|");
    title.countries = join(split_values(field(TitleColumn::kCountries)), "|");
    bool fine = !title.id.empty() || refuse(TitleColumn::kId, "empty; every title needs an id");
    fine &= read_whole(TitleColumn::kYear, kMinYear, kMaxYear, title.year);
    fine &= read_whole(TitleColumn::kRuntime, 0, kMaxRuntimeMinutes, title.runtime_minutes);
    fine &= read_time(TitleColumn::kFrom, title.available_from);
    fine &= read_time(TitleColumn::kUntil, title.available_until);
    if (fine && title.available_from > title.available_until) {
      fine = refuse(TitleColumn::kUntil, "before available_from; swap them");
    }
    if (const auto problem = problem_of(title)) {
      findings_.add(where_,
                    cat(problem->column, " ", in_quotes(problem->value), ": ", problem->reason));
      return false;
    }
    return fine;
  }

  bool refuse(TitleColumn column, const std::string& reason) {
    findings_.add(where_, cat(table_.columns()[static_cast<size_t>(column)], " ",
                              in_quotes(field(column)), ": ", reason));
    return false;
  }

 private:
  std::string_view field(TitleColumn column) const { return fields_[static_cast<size_t>(column)]; }

  bool read_whole(TitleColumn column, int64_t least, int64_t most, uint16_t& value) {
    const std::string_view text = field(column);
    if (text.empty()) return true;
    const auto number = parse_whole(text);
    if (!number || *number < least || *number > most) {
      return refuse(column, cat("must be a whole number from ", least, " to ", most));
    }
    value = static_cast<uint16_t>(*number);
    return true;
  }

  bool read_time(TitleColumn column, int64_t& value) {
    const std::string_view text = field(column);
    if (text.empty()) return true;
    const auto time = parse_time(text);
    if (!time) return refuse(column, std::string(time_advice(text)));
    value = *time;
    return true;
  }

  const Table& table_;
  Findings& findings_;
  std::span<const std::string_view> fields_;
  const char* where_ = nullptr;
};

}  // namespace

Schema titles_schema() {
  return {{{"title_id", true},
           {"name", true},
           {"year"},
           {"genres"},
           {"actors"},
           {"directors"},
           {"studios"},
           {"language"},
           {"runtime_minutes"},
           {"maturity"},
           {"available_from"},
           {"available_until"},
           {"regions"},
           {"countries"}},
          OtherColumns::kIgnore};
}

std::vector<std::string> split_values(std::string_view text) {
  std::vector<std::string> values;
  if (text.empty() || text == kNoGenres) return values;
  for (const std::string& part : split(text, '|')) {
    const std::string value(trim(part));
    if (value.empty() || std::find(values.begin(), values.end(), value) != values.end()) continue;
    values.push_back(value);
  }
  return values;
}

std::set<std::string> country_set(const std::string& comma_separated) {
  std::set<std::string> set;
  for (const std::string& each : split(comma_separated, ',')) set.emplace(trim(each));
  set.erase("");
  return set;
}

bool mostly_from(std::span<const std::string> countries, const std::set<std::string>& set) {
  const auto inside = std::ranges::count_if(
      countries, [&](const std::string& country) { return set.contains(country); });
  return 2 * inside > std::ssize(countries);
}

bool is_known_by_id_alone(const TitleRecord& title) {
  const TitleRecord none;
  return title.name == title.id && title.features == none.features && title.maturity.empty() &&
         title.regions.empty() && title.countries.empty() && title.year == 0 &&
         title.runtime_minutes == 0 && title.available_from == none.available_from &&
         title.available_until == none.available_until;
}

std::optional<TitleProblem> problem_of(const TitleRecord& title) {
  static constexpr std::array<const char*, kFeatures> kColumns = {"genres", "actors", "directors",
                                                                  "studios", "language"};
  const auto check = [](const char* column, const std::string& text,
                        size_t most) -> std::optional<TitleProblem> {
    if (text.size() <= most) return std::nullopt;
    return TitleProblem{column, text, too_long(most)};
  };
  const auto check_names =
      [&](const char* column,
          const std::vector<std::string>& names) -> std::optional<TitleProblem> {
    if (std::cmp_greater(names.size(), kMaxNamesOfFeature)) {
      return TitleProblem{column, names.front(),
                          cat(names.size(), " names, more than ", kMaxNamesOfFeature)};
    }
    for (const std::string& name : names) {
      if (auto problem = check(column, name, kMaxFeatureBytes)) return problem;
    }
    return std::nullopt;
  };
  auto problem = check("title_id", title.id, kMaxIdBytes);
  if (!problem) problem = check("name", title.name, kMaxNameBytes);
  for (size_t f = 0; f < kColumns.size() && !problem; ++f) {
    problem = check_names(kColumns[f], title.features[f]);
  }
  if (!problem) problem = check("maturity", title.maturity, kMaxFeatureBytes);
  if (!problem) problem = check_names("regions", split_values(title.regions));
  if (!problem) problem = check_names("countries", split_values(title.countries));
  return problem;
}

namespace {

// Adds the titles of a table; ids: of those that are there.
void add_titles(const Table& table, Vocabulary& ids, std::vector<TitleRecord>& titles,
                Problems& problems) {
  Findings findings;
  TitleParser parser(table, findings);
  const auto reader = table.read(table.records(), findings);
  while (reader->next()) {
    TitleRecord title;
    if (!parser.parse(*reader, title)) continue;
    if (ids.add(title.id) != titles.size()) {
      parser.refuse(TitleColumn::kId, "this title is there already; keep one");
    } else {
      titles.push_back(std::move(title));
    }
  }
  table.report(findings, problems);
}

}  // namespace

std::vector<TitleRecord> read_titles(std::span<const std::unique_ptr<Table>> tables,
                                     Problems& problems) {
  std::vector<TitleRecord> titles;
  Vocabulary ids;
  for (const auto& table : tables) add_titles(*table, ids, titles, problems);
  return titles;
}

std::vector<TitleRecord> read_titles(const Table& table, Problems& problems) {
  std::vector<TitleRecord> titles;
  Vocabulary ids;
  add_titles(table, ids, titles, problems);
  return titles;
}

}  // namespace marquee::data
