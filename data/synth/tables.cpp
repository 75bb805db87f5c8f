#include "data/synth/tables.h"

#include <charconv>
#include <chrono>

#include "core/file.h"
#include "core/text.h"

namespace marquee::data::synth {

namespace {

constexpr double kWithoutYear = 0.01;
constexpr double kWithoutDirector = 0.04;
constexpr double kWithoutMinutes = 0.02;
constexpr double kWithoutMaturity = 0.05;

void append(std::string& text, int64_t number) {
  std::array<char, 24> digits;
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
  text.append(digits.data(), end);
}

void append_value(std::string& text, float value) {  // nothing for NaN; up to three decimals
  if (value != value) return;
  const auto thousandths = static_cast<int64_t>(value * 1000 + 0.5F);
  append(text, thousandths / 1000);
  std::string decimals = std::to_string(1000 + thousandths % 1000).substr(1);
  while (decimals.size() > 1 && decimals.back() == '0') decimals.pop_back();
  text += '.' + decimals;
}

std::string iso_date(int64_t time) {
  const std::chrono::sys_days day{std::chrono::days(time / kDay)};
  const std::chrono::year_month_day date(day);
  const std::string month = std::to_string(100 + static_cast<unsigned>(date.month())).substr(1);
  const std::string of_month = std::to_string(100 + static_cast<unsigned>(date.day())).substr(1);
  return cat(static_cast<int>(date.year()), '-', month, '-', of_month);
}

template <typename Name>
std::string names(const std::vector<int>& indices, const Name& name) {
  std::vector<std::string> parts;
  for (const int index : indices) parts.emplace_back(name(index));
  return join(parts, "|");
}

std::string regions_of(const SynthTitle& title) {
  std::vector<std::string> parts;
  if (title.regions == kEverywhere) return "";
  for (size_t i = 0; i < kRegions.size(); ++i) {
    if ((title.regions >> i & 1U) != 0) parts.emplace_back(kRegions[i].name);
  }
  return join(parts, "|");
}

std::string title_row(const TitlePool& pool, int64_t index, RandomStream gaps) {
  const SynthTitle& title = pool.title(static_cast<int32_t>(index));
  const auto unless = [&](double chance, const std::string& text) {
    return gaps.uniform() < chance ? std::string() : text;
  };
  const auto genre = [&](int i) { return pool.genres[static_cast<size_t>(i)].name; };
  const auto actor = [&](int i) { return pool.actors[i].name; };
  const bool leaves = title.available_until < kSpanEnd;
  const std::vector<std::string> cells{
      title_id(index),
      title.name,
      unless(kWithoutYear, std::to_string(title.year)),
      names(title.genres, genre),
      names(title.actors, actor),
      unless(kWithoutDirector, pool.directors[title.director].name),
      pool.studios[title.studio].name,
      std::string(kLanguages[static_cast<size_t>(title.language)]),
      unless(kWithoutMinutes, std::to_string(title.minutes)),
      unless(kWithoutMaturity, std::string(kMaturities[static_cast<size_t>(title.maturity)])),
      title.available_from > kSpanStart ? iso_date(title.available_from) : "",
      leaves ? iso_date(title.available_until) : "",
      regions_of(title),
      std::string(title.country)};
  return join(cells, ",") + "\n";
}

}  // namespace

std::string user_id(int64_t index) { return "u" + std::to_string(index + 1); }
std::string title_id(int64_t index) { return "t" + std::to_string(index + 1); }

int64_t title_index(std::string_view id) {
  int64_t number = 0;
  if (!id.starts_with('t')) return -1;
  const char* end = id.data() + id.size();
  const auto [stopped, code] = std::from_chars(id.data() + 1, end, number);
  return code == std::errc() && stopped == end ? number - 1 : -1;
}

TitleRecord title_record(const TitlePool& pool, int64_t index) {
  const SynthTitle& title = pool.title(static_cast<int32_t>(index));
  TitleRecord record;
  record.id = title_id(index);
  record.name = title.name;
  for (const int genre : title.genres) {
    record[Feature::kGenre].emplace_back(pool.genres[static_cast<size_t>(genre)].name);
  }
  for (const int actor : title.actors) record[Feature::kActor].push_back(pool.actors[actor].name);
  record[Feature::kDirector].push_back(pool.directors[title.director].name);
  record[Feature::kStudio].push_back(pool.studios[title.studio].name);
  record[Feature::kLanguage].emplace_back(kLanguages[static_cast<size_t>(title.language)]);
  record.maturity = kMaturities[static_cast<size_t>(title.maturity)];
  record.regions = regions_of(title);
  record.countries = title.country;
  record.available_from = title.available_from;
  record.available_until = title.available_until;
  record.year = static_cast<uint16_t>(title.year);
  record.runtime_minutes = static_cast<uint16_t>(title.minutes);
  return record;
}

void append_rows(std::string& csv, int64_t user, const std::vector<Watch>& watches) {
  for (const Watch& watch : watches) {
    csv += 'u';
    append(csv, user + 1);
    csv += ",t";
    append(csv, watch.title + 1);
    csv += ',';
    append(csv, watch.time);
    csv += ',';
    csv += name(watch.event);
    csv += ',';
    append_value(csv, watch.value);
    csv += '\n';
  }
}

void write_titles(const std::filesystem::path& file, const TitlePool& pool, uint64_t seed) {
  FileWriter out(file);
  out.write(
      "title_id,name,year,genres,actors,directors,studios,language,runtime_minutes,maturity,"
      "available_from,available_until,regions,countries\n");
  for (int64_t i = 0; i < std::ssize(pool.titles); ++i) {
    out.write(title_row(pool, i, RandomStream(seed, "gaps", static_cast<uint64_t>(i))));
  }
  out.close();
}

void write_users(const std::filesystem::path& file, const std::vector<SynthUser>& users) {
  FileWriter out(file);
  out.write("user_id,age_group,region,plan\n");
  for (int64_t i = 0; i < std::ssize(users); ++i) {
    const SynthUser& user = users[static_cast<size_t>(i)];
    out.write(cat(user_id(i), ',', kAgeGroups[user.age_group].name, ',', kRegions[user.region].name,
                  ',', kPlans[user.plan].name, '\n'));
  }
  out.close();
}

}  // namespace marquee::data::synth
