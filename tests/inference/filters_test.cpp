#include "inference/filters.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>

#include "core/error.h"
#include "core/file.h"
#include "core/random.h"
#include "tests/inference/tiny_bundle.h"

namespace marquee::inference {
namespace {

TitleTable table_of(const tests::TinyBundle& bundle) {
  const TempFolder temp;
  write_file(temp / "titles.csv", bundle.titles_csv);
  return TitleTable(temp / "titles.csv");
}

bool allowed(const std::shared_ptr<const TitleBitmap>& bitmap, int64_t title) {
  return !bitmap || ((*bitmap)[static_cast<size_t>(title / 64)] >> (title % 64) & 1) != 0;
}

// The same filter for one title, in the plainest way.
bool passes(const TitleTable& titles, int64_t index, const Filters& filters,
            std::optional<int64_t> at) {
  static const std::map<std::string, int> kAges = {{"G", 0},      {"PG", 10},    {"PG-13", 13},
                                                   {"R", 17},     {"NC-17", 18}, {"TV-14", 14},
                                                   {"TV-MA", 17}, {"12", 12}};
  const Title& title = titles[index];
  bool genre = filters.genres.empty();
  for (const uint32_t value : title[data::Feature::kGenre]) {
    const auto name = titles.feature_name(data::Feature::kGenre, value);
    genre |= std::count(filters.genres.begin(), filters.genres.end(), name) > 0;
  }
  const bool maturity =
      filters.max_maturity.empty() || (kAges.contains(title.maturity) &&
                                       kAges.at(title.maturity) <= kAges.at(filters.max_maturity));
  const bool region = filters.region.empty() || title.regions.empty() ||
                      std::count(title.regions.begin(), title.regions.end(), filters.region) > 0;
  const bool available = !at || (title.available_from <= *at && *at < title.available_until);
  return genre && maturity && region && available;
}

TEST(EligibleTitles, AgreesWithBruteForce) {
  const TitleTable titles = table_of(tests::random_bundle(333, 2));
  const EligibleTitles filter(titles);
  RandomStream random(2, "filters");
  for (int i = 0; i < 2'000; ++i) {
    Filters filters;
    for (uint64_t n = random.below(4); n > 0; --n) {
      filters.genres.push_back("Genre " + std::to_string(random.below(8)));
    }
    static constexpr const char* kRatings[] = {"", "G", "PG", "PG-13", "12", "TV-MA", "NC-17"};
    filters.max_maturity = kRatings[random.below(7)];
    static constexpr const char* kRegions[] = {"", "DE", "FR", "US"};
    filters.region = kRegions[random.below(4)];
    std::optional<int64_t> at;
    if (random.below(2) == 0) at = static_cast<int64_t>(random.below(2'100));
    const auto bitmap = filter.allowed(filters, at);
    for (int64_t title = 1; title <= titles.size(); ++title) {
      ASSERT_EQ(allowed(bitmap, title), passes(titles, title, filters, at)) << i << " " << title;
    }
  }
}

TEST(EligibleTitles, SharesOneBitmapAmongEqualFilters) {
  const TitleTable titles = table_of(tests::six_titles());
  const EligibleTitles filter(titles);
  EXPECT_EQ(filter.allowed({}, {}), nullptr);
  const auto both = filter.allowed({{"Comedy", "Drama"}, "", ""}, {});
  EXPECT_EQ(filter.allowed({{"Drama", "Comedy", "Drama"}, "", ""}, {}), both);
  // Only "a3" has a window, from 100 until 200: three periods.
  EXPECT_EQ(filter.allowed({}, 0), filter.allowed({}, 99));
  EXPECT_EQ(filter.allowed({}, 100), filter.allowed({}, 199));
  EXPECT_NE(filter.allowed({}, 99), filter.allowed({}, 100));
  EXPECT_FALSE(allowed(filter.allowed({}, 200), 3));
  EXPECT_TRUE(allowed(filter.allowed({}, 199), 3));
}

TEST(EligibleTitles, LeavesUnratedTitlesOutWhereMaturityMatters) {
  const TitleTable titles = table_of(tests::six_titles());
  const EligibleTitles filter(titles);
  const auto everyone = filter.allowed({{}, "18", ""}, {});
  EXPECT_TRUE(allowed(everyone, 4));   // R
  EXPECT_FALSE(allowed(everyone, 6));  // no rating
  const auto children = filter.allowed({{}, "PG", ""}, {});
  EXPECT_TRUE(allowed(children, 1));
  EXPECT_FALSE(allowed(children, 2));  // PG-13
}

TEST(MaturityAge, OrdersTheScalesTogether) {
  const char* ascending[] = {"0", "6", "TV-Y7", "PG", "12", "PG-13", "TV-14", "16", "R", "18"};
  for (size_t i = 1; i < std::size(ascending); ++i) {
    EXPECT_LT(maturity_age(ascending[i - 1]), maturity_age(ascending[i])) << ascending[i];
  }
  EXPECT_EQ(maturity_age("TV-MA"), maturity_age("R"));
  EXPECT_EQ(maturity_age("TV-PG"), maturity_age("PG"));
  EXPECT_EQ(maturity_age("TV-Y"), maturity_age("G"));
  EXPECT_EQ(maturity_age("TV-G"), 0);
  EXPECT_EQ(maturity_age("NC-17"), 18);
  EXPECT_FALSE(maturity_age("Not Rated"));
  EXPECT_FALSE(maturity_age("pg"));
}

TEST(EligibleTitles, ListsWhatItKnows) {
  const TitleTable titles = table_of(tests::six_titles());
  const EligibleTitles filter(titles);
  const auto says = [&](const Filters& filters) -> std::string {
    try {
      filter.allowed(filters, {});
    } catch (const Error& error) {
      return error.what();
    }
    return "";
  };
  EXPECT_EQ(says({{"Comedie"}, "", ""}),
            "filters.genres: no title has the genre \"Comedie\"; did you mean \"Comedy\"?");
  EXPECT_EQ(says({{"Sport"}, "", ""}),
            "filters.genres: no title has the genre \"Sport\"; there are Comedy, Crime, Drama, "
            "Western");
  EXPECT_TRUE(says({{}, "X", ""}).starts_with("filters.max_maturity: \"X\" is none of G, TV-Y"));
}

TEST(EligibleTitles, StaysRightWhenItForgets) {
  const TitleTable titles = table_of(tests::random_bundle(100, 2));
  const EligibleTitles filter(titles);
  for (int round = 0; round < 2; ++round) {
    for (int64_t at = 0; at < 2'000; at += 7) {
      const auto bitmap = filter.allowed({}, at);
      for (int64_t title = 1; title <= titles.size(); ++title) {
        ASSERT_EQ(allowed(bitmap, title), passes(titles, title, {}, at));
      }
    }
  }
}

}  // namespace
}  // namespace marquee::inference
