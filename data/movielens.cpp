#include <algorithm>
#include <array>
#include <optional>

#include "core/text.h"
#include "data/limits.h"
#include "data/sources.h"

namespace marquee::data {

namespace fs = std::filesystem;

namespace {

constexpr std::array<const char*, 19> kGenresOf100K = {
    "unknown",     "Action", "Adventure", "Animation", "Children's", "Comedy",  "Crime",
    "Documentary", "Drama",  "Fantasy",   "Film-Noir", "Horror",     "Musical", "Mystery",
    "Romance",     "Sci-Fi", "Thriller",  "War",       "Western"};

// How one release of MovieLens is written. A file that is empty here does not exist in it.
struct Layout {
  fs::path ratings, movies, users;
  TableFormat ratings_format, movies_format, users_format;
};

TableFormat headed(const char* separator, std::vector<std::string> header) {
  return {{separator, false}, std::move(header), true};
}

Layout layout_csv(const fs::path& folder) {
  return {folder / "ratings.csv", folder / "movies.csv", {}, {}, {}, {}};
}

Layout layout_dat(const fs::path& folder) {
  return {folder / "ratings.dat",
          folder / "movies.dat",
          fs::exists(folder / "users.dat") ? folder / "users.dat" : fs::path(),
          headed("::", {"userId", "movieId", "rating", "timestamp"}),
          headed("::", {"movieId", "title", "genres"}),
          headed("::", {"userId", "gender", "age", "occupation", "zip_code"})};
}

Layout layout_100k(const fs::path& folder) {
  std::vector<std::string> item = {"movieId", "title", "release_date", "video_date", "url"};
  item.insert(item.end(), kGenresOf100K.begin(), kGenresOf100K.end());
  return {folder / "u.data",
          folder / "u.item",
          fs::exists(folder / "u.user") ? folder / "u.user" : fs::path(),
          headed("\t", {"userId", "movieId", "rating", "timestamp"}),
          headed("|", std::move(item)),
          headed("|", {"userId", "age", "gender", "occupation", "zip_code"})};
}

Layout find_layout(const fs::path& folder) {
  if (!fs::is_directory(folder)) throw Error("there is no folder " + folder.string());
  if (fs::exists(folder / "ratings.csv")) return layout_csv(folder);
  if (fs::exists(folder / "ratings.dat")) return layout_dat(folder);
  if (fs::exists(folder / "u.data")) return layout_100k(folder);
  std::string inner;
  for (const auto& entry : fs::directory_iterator(folder)) {
    for (const char* file : {"ratings.csv", "ratings.dat", "u.data"}) {
      if (entry.is_directory() && fs::exists(entry.path() / file)) inner = entry.path().string();
    }
  }
  throw Error(cat("--movielens ", folder.string(), " holds no ratings.csv, ratings.dat or u.data; ",
                  inner.empty() ? "name the folder that the archive was unpacked to"
                                : "did you mean " + inner + "?"));
}

// The year in the last brackets of "Toy Story (1995)" or "Fawlty Towers (1975-1979)"; 0: none.
uint16_t year_in(std::string_view name) {
  const size_t open = name.rfind('(');
  if (open == std::string_view::npos) return 0;
  const std::string_view digits = name.substr(open + 1, 4);
  if (digits.size() < 4 || name.find(')', open) == std::string_view::npos) return 0;
  uint16_t year = 0;
  for (const char c : digits) {
    if (c < '0' || c > '9') return 0;
    year = static_cast<uint16_t>(year * 10 + (c - '0'));
  }
  const char after = name[open + 5];
  return year >= kMinYear && year <= kMaxYear && (after < '0' || after > '9') ? year : uint16_t{0};
}

std::vector<TitleRecord> read_movies(const Layout& layout, Problems& problems) {
  Schema schema{{{"movieId", true}, {"title", true}, {"genres"}}};
  const bool flags = layout.movies_format.header.size() > kGenresOf100K.size();
  if (flags) {
    for (const char* genre : kGenresOf100K) schema.columns.push_back({genre});
  }
  const Table table(layout.movies, schema, layout.movies_format, problems);
  std::vector<TitleRecord> titles;
  Vocabulary ids;
  Findings findings;
  const auto reader = table.read(table.records(), findings);
  while (reader->next()) {
    const auto fields = reader->fields();
    if (fields[0].empty() || ids.add(fields[0]) != titles.size()) {
      findings.add(reader->where(), cat("movieId ", in_quotes(fields[0]),
                                        ": empty or there already; give every movie one id"));
      continue;
    }
    TitleRecord& title = titles.emplace_back();
    title.id = fields[0];
    title.name = fields[1];
    title.year = year_in(title.name);
    title[Feature::kGenre] = split_values(fields[2]);
    for (size_t genre = 1; flags && genre < kGenresOf100K.size(); ++genre) {  // 0 is "unknown"
      if (fields[3 + genre] == "1") title[Feature::kGenre].push_back(kGenresOf100K[genre]);
    }
    if (const auto problem = problem_of(title)) {
      findings.add(reader->where(),
                   cat(problem->column, " ", in_quotes(problem->value), ": ", problem->reason));
    }
  }
  table.report(findings, problems);
  return titles;
}

// Adds the features in credits.csv to the titles that are in movies.
void add_credits(const fs::path& file, std::vector<TitleRecord>& titles, Problems& problems) {
  const Schema schema{{{"movieId", true},
                       {"directors"},
                       {"actors"},
                       {"studios"},
                       {"releaseDate"},
                       {"language"},
                       {"countries"}}};
  const Table table(file, schema, {}, problems);
  Vocabulary ids;
  for (const TitleRecord& title : titles) ids.add(title.id);
  Findings findings;
  const auto reader = table.read(table.records(), findings);
  while (reader->next()) {
    const auto fields = reader->fields();
    const auto known = ids.find(fields[0]);
    if (!known) continue;
    TitleRecord& title = titles[*known];
    title[Feature::kDirector] = split_values(fields[1]);
    title[Feature::kActor] = split_values(fields[2]);
    title[Feature::kStudio] = split_values(fields[3]);
    title[Feature::kLanguage] = split_values(fields[5]);
    title.countries = join(split_values(fields[6]), "|");
    if (title.year == 0) title.year = year_in(cat("(", fields[4].substr(0, 4), ")"));
    if (const auto problem = problem_of(title)) {
      findings.add(reader->where(),
                   cat(problem->column, " ", in_quotes(problem->value), ": ", problem->reason));
    }
  }
  table.report(findings, problems);
}

}  // namespace

Sources open_movielens(const fs::path& folder, Problems& problems) {
  const Layout layout = find_layout(folder);
  Sources sources;
  sources.name = fs::canonical(folder).filename().string();
  const Schema schema{
      {{"userId", true}, {"movieId", true}, {"timestamp", true}, {}, {"rating", true}, {}, {}, {}}};
  sources.interactions.push_back(
      std::make_unique<Table>(layout.ratings, schema, layout.ratings_format, problems));
  sources.titles = read_movies(layout, problems);
  sources.files = {layout.ratings, layout.movies};
  if (const fs::path credits = folder / "credits.csv"; fs::exists(credits)) {
    add_credits(credits, sources.titles, problems);
    sources.files.push_back(credits);
  }
  if (!layout.users.empty()) {
    std::vector<std::unique_ptr<Table>> tables;
    tables.push_back(std::make_unique<Table>(layout.users, users_schema("userId"),
                                             layout.users_format, problems));
    sources.users = read_users(tables, problems);
    sources.files.push_back(layout.users);
  }
  return sources;
}

}  // namespace marquee::data
