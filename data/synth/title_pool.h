// The titles with their features, their taste, how popular they are and when they can be
// watched. Popularity and taste are latent; everything else is written to titles.csv.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "data/synth/credits.h"

namespace marquee::data::synth {

struct Region {
  std::string_view name;
  double share;
  int language;  // its home language
};
inline constexpr std::array<std::string_view, 7> kLanguages{"en", "de", "fr", "pt",
                                                            "ja", "es", "ko"};
inline constexpr std::array<double, 7> kLanguageShares{0.56, 0.08, 0.08, 0.06, 0.08, 0.08, 0.06};
inline constexpr std::array<Region, 6> kRegions{{{"US", 0.4, 0},
                                                 {"GB", 0.15, 0},
                                                 {"DE", 0.14, 1},
                                                 {"FR", 0.12, 2},
                                                 {"BR", 0.1, 3},
                                                 {"JP", 0.09, 4}}};
// Where titles of a language are made, by kLanguages.
struct Country {
  std::string_view name;
  double share;
};
inline constexpr std::array<std::array<Country, 5>, 7> kCountries{
    {{{{"US", 0.6}, {"GB", 0.22}, {"CA", 0.08}, {"AU", 0.06}, {"IE", 0.04}}},
     {{{"DE", 0.75}, {"AT", 0.15}, {"CH", 0.1}}},
     {{{"FR", 0.75}, {"BE", 0.12}, {"CA", 0.13}}},
     {{{"BR", 0.75}, {"PT", 0.25}}},
     {{{"JP", 1}}},
     {{{"ES", 0.5}, {"MX", 0.3}, {"AR", 0.2}}},
     {{{"KR", 1}}}}};
inline constexpr uint32_t kEverywhere = (1U << kRegions.size()) - 1;
inline constexpr std::array<std::string_view, 4> kMaturities{"G", "PG", "PG-13", "R"};

struct SynthTitle {
  std::string name;
  int year = 0;
  std::vector<int> genres;  // the first is what it mostly is
  std::vector<int> actors;
  int director = 0;
  int studio = 0;
  int language = 0;
  std::string_view country;
  int minutes = 0;
  int maturity = 0;
  int64_t available_from = 0;  // before the span for older titles
  int64_t available_until = 0;
  uint32_t regions = kEverywhere;  // bit r: kRegions[r]
  int franchise = -1;
  int part = 1;
  int32_t next_part = -1;  // index of the title that follows

  double quality = 0;  // standard normal
  int rank = 0;        // by popularity, from 1
  double weight = 0;   // popularity once settled
  Taste taste{};

  bool watchable(int64_t time, size_t region) const {
    return time >= available_from && time < available_until && (regions >> region & 1U) != 0;
  }
};

struct TitlePool {
  std::vector<Genre> genres;
  CreditPool actors;
  CreditPool directors;
  CreditPool studios;
  std::vector<SynthTitle> titles;  // the first is always watchable, everywhere

  const SynthTitle& title(int32_t index) const { return titles[static_cast<size_t>(index)]; }
};

TitlePool make_title_pool(int64_t titles, uint64_t seed);

// Appends titles that come after the span, evenly over so many days: of no settled popularity, and
// on no shelf.
void add_upcoming_titles(TitlePool& pool, int64_t titles, int64_t days, uint64_t seed);

}  // namespace marquee::data::synth
