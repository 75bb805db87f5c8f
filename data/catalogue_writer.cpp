#include <algorithm>

#include "core/file.h"
#include "data/columns.h"
#include "data/titles.h"

namespace marquee::data {

namespace {

// One value a title; padding and titles known by id alone have the default.
template <typename Value>
void write_numbers(const std::filesystem::path& file, const std::vector<TitleRecord>& titles,
                   size_t rows, Value TitleRecord::*field) {
  std::vector<Value> values(rows, TitleRecord{}.*field);
  for (size_t i = 0; i < titles.size(); ++i) values[i + 1] = titles[i].*field;
  FileWriter writer(file);
  writer.write_values(std::span<const Value>(values));
  writer.close();
}

void write_texts(const std::filesystem::path& folder, const std::string& name,
                 const std::vector<TitleRecord>& titles, size_t rows,
                 std::string TitleRecord::*field) {
  std::vector<std::string_view> texts(rows);
  for (size_t i = 0; i < titles.size(); ++i) texts[i + 1] = titles[i].*field;
  write_string_column(folder, name, texts);
}

Json write_feature(Feature feature, const std::vector<TitleRecord>& titles, size_t rows,
                   const std::filesystem::path& folder) {
  const std::string name = kFeatureNames[static_cast<size_t>(feature)];
  Vocabulary names;
  names.add("");  // value 0: none
  std::vector<std::vector<uint32_t>> lists(rows);
  int64_t covered = 0;
  for (size_t i = 0; i < titles.size(); ++i) {
    const auto& values = titles[i].features[static_cast<size_t>(feature)];
    for (const std::string& value : values) lists[i + 1].push_back(names.add(value));
    covered += values.empty() ? 0 : 1;
  }
  write_list_column(folder, "titles." + name, lists);
  write_string_column(folder, "features." + name, strings_of(names));
  const auto all = static_cast<double>(std::max<size_t>(1, rows - 1));
  return {{"names", names.size() - 1}, {"titles", covered}, {"coverage", double(covered) / all}};
}

}  // namespace

Json write_catalogue(const std::vector<TitleRecord>& titles, const Vocabulary& ids,
                     const std::filesystem::path& folder) {
  const size_t rows = ids.size();
  const std::vector<std::string_view> id_column = strings_of(ids);
  write_string_column(folder, "titles.ids", id_column);
  std::vector<std::string_view> names = id_column;
  for (size_t i = 0; i < titles.size(); ++i) names[i + 1] = titles[i].name;
  write_string_column(folder, "titles.names", names);
  write_texts(folder, "titles.maturities", titles, rows, &TitleRecord::maturity);
  write_texts(folder, "titles.regions", titles, rows, &TitleRecord::regions);
  write_texts(folder, "titles.countries", titles, rows, &TitleRecord::countries);
  write_numbers(folder / "titles.years", titles, rows, &TitleRecord::year);
  write_numbers(folder / "titles.runtimes", titles, rows, &TitleRecord::runtime_minutes);
  write_numbers(folder / "titles.available_from", titles, rows, &TitleRecord::available_from);
  write_numbers(folder / "titles.available_until", titles, rows, &TitleRecord::available_until);
  Json facts;
  for (int f = 0; f < kFeatures; ++f) {
    facts[kFeatureNames[static_cast<size_t>(f)]] =
        write_feature(static_cast<Feature>(f), titles, rows, folder);
  }
  return facts;
}

}  // namespace marquee::data
