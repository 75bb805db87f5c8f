#include "inference/title_table.h"

#include <algorithm>
#include <utility>

#include "core/error.h"
#include "core/file.h"
#include "core/problems.h"
#include "core/text.h"
#include "data/csv.h"
#include "data/fields.h"
#include "data/titles.h"

namespace marquee::inference {

namespace {

using data::Feature;

constexpr const char* kPopularity = "popularity";

// The popularity of each row; all 0 where the file has no such column.
std::vector<int64_t> read_popularity(const std::filesystem::path& file, Problems& problems) {
  const data::Table table(file, {{{kPopularity}}}, {}, problems);
  data::Findings findings;
  std::vector<int64_t> popularity;
  for (const auto reader = table.read(table.records(), findings); reader->next();) {
    const std::string_view field = reader->fields().front();
    const auto count = field.empty() ? 0 : data::parse_whole(field);
    if (!count || *count < 0) {
      findings.add(reader->where(), cat(kPopularity, " ", in_quotes(field), ": must be a count"));
    }
    popularity.push_back(count.value_or(0));
  }
  table.report(findings, problems);
  return popularity;
}

std::vector<data::TitleRecord> read_titles(const std::filesystem::path& file, Problems& problems) {
  const data::Table table(file, data::titles_schema(), {}, problems);
  std::vector<data::TitleRecord> titles = data::read_titles(table, problems);
  if (titles.empty() && problems.empty()) problems.add(file.string() + ": there is no title in it");
  return titles;
}

std::string names_of(const data::Catalogue& catalogue, Feature feature, int64_t title) {
  std::vector<std::string> names;
  for (const uint32_t value : catalogue.features(feature, title)) {
    names.emplace_back(catalogue.feature_name(feature, value));
  }
  return data::csv_field(join(names, "|"));
}

std::string number(int64_t value, int64_t unknown) {
  return value == unknown ? "" : std::to_string(value);
}

std::string csv_row(const data::Catalogue& catalogue, int64_t title, int64_t popularity) {
  const Title unknown;
  return join({data::csv_field(catalogue.id(title)), data::csv_field(catalogue.name(title)),
               number(catalogue.year(title), 0), names_of(catalogue, Feature::kGenre, title),
               names_of(catalogue, Feature::kActor, title),
               names_of(catalogue, Feature::kDirector, title),
               names_of(catalogue, Feature::kStudio, title),
               names_of(catalogue, Feature::kLanguage, title),
               number(catalogue.runtime_minutes(title), 0),
               data::csv_field(catalogue.maturity(title)),
               number(catalogue.available_from(title), unknown.available_from),
               number(catalogue.available_until(title), unknown.available_until),
               data::csv_field(catalogue.regions(title)),
               data::csv_field(catalogue.countries(title)), std::to_string(popularity)},
              ",") +
         "\n";
}

}  // namespace

TitleTable::TitleTable(const std::filesystem::path& titles_csv) : titles_(1) {
  Problems problems;
  std::vector<data::TitleRecord> rows = read_titles(titles_csv, problems);
  const std::vector<int64_t> popularity = read_popularity(titles_csv, problems);
  try {
    problems.throw_if_any("the bundle is damaged");
  } catch (const Error& e) {
    throw artefact_error(e.what());
  }
  titles_.reserve(rows.size() + 1);
  for (const data::TitleRecord& row : rows) {
    fill(titles_.emplace_back(), row);
    titles_.back().popularity = popularity[titles_.size() - 2];
  }
  for (int64_t i = 1; i <= size(); ++i) ids_.add((*this)[i].id);
}

TitleTable::TitleTable(const TitleTable& base, const TitleEdits& edits, bool adds)
    : feature_names_(base.feature_names_), ids_(base.ids_) {
  titles_.reserve(base.titles_.size() + edits.put.size());
  titles_ = base.titles_;
  for (const data::TitleRecord& row : edits.put) {
    if (const int64_t known = base.find(row.id); known != 0) {
      fill(titles_[static_cast<size_t>(known)], row);
    } else if (adds) {
      fill(titles_.emplace_back(), row);
      ids_.add(row.id);
    }
  }
  for (const std::string& id : edits.withdrawn) {
    if (const int64_t known = find(id); known != 0) {
      titles_[static_cast<size_t>(known)].withdrawn = true;
    }
  }
}

void TitleTable::fill(Title& title, const data::TitleRecord& row) {
  title.id = row.id;
  title.name = row.name;
  title.year = row.year;
  for (size_t f = 0; f < title.features.size(); ++f) {
    title.features[f].clear();
    for (const auto& name : row.features[f]) {
      title.features[f].push_back(feature_names_[f].add(name));
    }
  }
  title.maturity = row.maturity;
  title.available_from = row.available_from;
  title.available_until = row.available_until;
  title.regions = split(row.regions, '|');
  title.countries = split(row.countries, '|');
}

int TitleTable::newest_year() const {
  int newest = 0;
  for (const Title& title : titles_) {
    if (!title.withdrawn) newest = std::max(newest, title.year);
  }
  return newest;
}

int64_t TitleTable::find(std::string_view id) const {
  const auto found = ids_.find(id);
  return found ? int64_t{*found} + 1 : 0;
}

void write_titles_csv(const data::Catalogue& catalogue, const std::vector<int64_t>& popularity,
                      const std::filesystem::path& file) {
  FileWriter out(file);
  std::vector<std::string> columns;
  for (const auto& column : data::titles_schema().columns) columns.push_back(column.name);
  columns.emplace_back(kPopularity);
  out.write(join(columns, ",") + "\n");
  for (int64_t title = 1; title <= catalogue.size(); ++title) {
    out.write(csv_row(catalogue, title, popularity[static_cast<size_t>(title)]));
  }
  out.close();
}

}  // namespace marquee::inference
