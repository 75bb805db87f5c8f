#include "data/synth/title_pool.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace marquee::data::synth {

namespace {

constexpr int64_t kNever = std::numeric_limits<int64_t>::max();
constexpr int kFirstSpanYear = 2022;
constexpr double kUsualAge = 11;  // years, of an older title

int64_t count_of(int64_t titles, double per_title, int64_t least) {
  return std::max(least, static_cast<int64_t>(per_title * static_cast<double>(titles)));
}

// A work is a single title or a franchise, whose parts share most of their features.
class WorkMaker {
 public:
  WorkMaker(TitlePool& pool, Names& names) : pool_(pool), names_(names) {}

  // Appends the titles of one work, no more than `room`.
  void make(int64_t room, RandomStream random);

 private:
  SynthTitle first_part(RandomStream& random) const;
  SynthTitle later_part(const SynthTitle& before, RandomStream& random) const;
  void choose_genres(SynthTitle& title, RandomStream& random) const;
  void choose_dates(SynthTitle& title, RandomStream& random) const;
  Taste taste_of(const SynthTitle& title, const Taste& own) const;

  TitlePool& pool_;
  Names& names_;
  int franchises_ = 0;
};

void WorkMaker::make(int64_t room, RandomStream random) {
  auto& titles = pool_.titles;
  const bool franchise = random.uniform() < kFranchises;
  const auto length = static_cast<int64_t>(franchise ? 2 + random.below(kFranchiseParts - 1) : 1);
  const auto parts = static_cast<int>(std::min(room, length));
  const bool seasons = random.uniform() < 0.5;  // "Name: Season 2" rather than "Name 2"
  const std::string name = names_.title(random);
  const Taste own = any_direction(random);

  SynthTitle title = first_part(random);
  title.name = franchise && seasons ? name + ": Season 1" : name;
  if (parts > 1) title.franchise = franchises_++;
  for (int part = 1; part <= parts; ++part) {
    if (part > 1) {
      title = later_part(title, random);
      title.name = name + (seasons ? ": Season " : " ") + std::to_string(part);
    }
    title.part = part;
    title.taste = taste_of(title, mix(any_direction(random), own, parts > 1 ? 0.7F : 1.0F));
    title.next_part = part < parts ? static_cast<int32_t>(titles.size()) + 1 : -1;
    titles.push_back(title);
  }
}

SynthTitle WorkMaker::first_part(RandomStream& random) const {
  SynthTitle title;
  choose_genres(title, random);
  const int genre = title.genres.front();
  for (int i = 0; i < kCastSize; ++i) {
    const int actor = pool_.actors.draw(genre, random);
    if (std::count(title.actors.begin(), title.actors.end(), actor) == 0) {
      title.actors.push_back(actor);
    }
  }
  title.director = pool_.directors.draw(genre, random);
  title.studio = pool_.studios.draw(genre, random);
  title.language = draw_index({kLanguageShares.begin(), kLanguageShares.end()}, random);
  const Genre& kind = pool_.genres[static_cast<size_t>(genre)];
  title.minutes = std::max(24, kind.usual_minutes + static_cast<int>(14 * random.normal()));
  title.maturity = std::clamp(kind.maturity + static_cast<int>(random.below(3)) - 1, 0, 3);
  title.quality = random.normal();
  choose_dates(title, random);
  if (random.uniform() < kRegionalTitles && !pool_.titles.empty()) {
    title.regions = static_cast<uint32_t>(1 + random.below(kEverywhere));
  }
  return title;
}

SynthTitle WorkMaker::later_part(const SynthTitle& before, RandomStream& random) const {
  SynthTitle title = before;
  for (int& actor : title.actors) {
    if (random.uniform() < kCastReturns) continue;
    const int other = pool_.actors.draw(title.genres.front(), random);
    if (std::count(title.actors.begin(), title.actors.end(), other) == 0) actor = other;
  }
  title.minutes += static_cast<int>(random.below(11)) - 5;
  title.quality = 0.8 * before.quality + 0.5 * random.normal();
  if (title.available_from > kSpanStart) {
    const auto days = static_cast<int64_t>(60 + random.below(120));
    title.available_from = std::min(before.available_from + days * kDay, kSpanEnd - 3 * kDay);
    title.year =
        kFirstSpanYear + static_cast<int>((title.available_from - kSpanStart) / kDay / 365);
  } else {
    title.year = std::min(before.year + 1 + static_cast<int>(random.below(3)), kFirstSpanYear);
  }
  return title;
}

void WorkMaker::choose_genres(SynthTitle& title, RandomStream& random) const {
  const auto& genres = pool_.genres;
  std::vector<double> weights;
  for (const Genre& genre : genres) weights.push_back(genre.share);
  const auto first = static_cast<size_t>(draw_index(weights, random));
  title.genres.push_back(static_cast<int>(first));
  // A second and third genre are more likely near the first.
  for (size_t i = 0; i < genres.size(); ++i) {
    weights[i] *= std::exp(2 * dot(genres[first].taste, genres[i].taste));
  }
  const auto more = random.below(3);
  for (uint64_t i = 0; i < more; ++i) {
    weights[static_cast<size_t>(title.genres.back())] = 0;
    title.genres.push_back(draw_index(weights, random));
  }
}

void WorkMaker::choose_dates(SynthTitle& title, RandomStream& random) const {
  title.available_until = kNever;
  if (random.uniform() < kNewTitles && !pool_.titles.empty()) {
    const auto day = static_cast<int64_t>(1 + random.below(kSpanDays - 1));
    title.available_from = kSpanStart + day * kDay;
    title.year = kFirstSpanYear + static_cast<int>(day / 365);
    return;
  }
  title.year = std::max(1930, kFirstSpanYear - static_cast<int>(kUsualAge * random.exponential()));
  title.available_from = kSpanStart - static_cast<int64_t>(random.below(2000)) * kDay;
  if (random.uniform() < kLeavingTitles && !pool_.titles.empty()) {
    title.available_until = kSpanEnd - static_cast<int64_t>(random.below(kSpanDays / 2)) * kDay;
  }
}

Taste WorkMaker::taste_of(const SynthTitle& title, const Taste& own) const {
  Taste genres{}, cast{}, taste{};
  for (const int genre : title.genres) {
    add(genres, pool_.genres[static_cast<size_t>(genre)].taste, 1);
  }
  for (const int actor : title.actors) add(cast, pool_.actors[actor].taste, 1);
  add(taste, unit(genres), kGenreTaste);
  add(taste, unit(cast), kCastTaste);
  add(taste, pool_.directors[title.director].taste, kDirectorTaste);
  add(taste, pool_.studios[title.studio].taste, kStudioTaste);
  add(taste, own, kOwnTaste);
  return unit(taste);
}

void rank_by_popularity(std::vector<SynthTitle>& titles, RandomStream random) {
  std::vector<double> score;
  for (const SynthTitle& title : titles) {
    const double youth = std::exp(-(kFirstSpanYear + 2 - title.year) / kUsualAge) * 2 - 1;
    score.push_back(kQualityInPopularity * title.quality + kYouthInPopularity * youth +
                    kLuckInPopularity * random.normal());
  }
  std::vector<size_t> order(titles.size());
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(),
                   [&](size_t a, size_t b) { return score[a] > score[b]; });
  for (size_t i = 0; i < order.size(); ++i) {
    const auto place = static_cast<double>(i);
    const double depth = place / static_cast<double>(order.size());
    titles[order[i]].rank = static_cast<int>(i) + 1;
    titles[order[i]].weight = std::pow(place + 1 + kPopularityShift, -kPopularityExponent) *
                              std::exp(-kPopularityTail * depth * depth);
  }
}

// From streams of its own, so that other draws stay as they were. Parts share their country.
void choose_countries(TitlePool& pool, size_t begin, uint64_t seed) {
  for (size_t i = begin; i < pool.titles.size(); ++i) {
    SynthTitle& title = pool.titles[i];
    if (title.part > 1 && i > begin) {
      title.country = pool.titles[i - 1].country;
      continue;
    }
    const auto& countries = kCountries[static_cast<size_t>(title.language)];
    std::vector<double> shares;
    for (const Country& each : countries) shares.push_back(each.share);
    RandomStream random(seed, "country", i);
    title.country = countries[static_cast<size_t>(draw_index(shares, random))].name;
  }
}

}  // namespace

TitlePool make_title_pool(int64_t titles, uint64_t seed) {
  Names names;
  const std::vector<Genre> genres = make_genres(seed);
  const auto credits = [&](double per_title, int64_t least, const char* stream,
                           CreditPool::Namer namer) {
    return CreditPool(count_of(titles, per_title, least), genres, RandomStream(seed, stream), names,
                      namer);
  };
  TitlePool pool{genres,
                 credits(kActorsPerTitle, 12, "actors", &Names::person),
                 credits(kDirectorsPerTitle, 6, "directors", &Names::person),
                 credits(kStudiosPerTitle, 4, "studios", &Names::studio),
                 {}};
  WorkMaker works(pool, names);
  for (uint64_t work = 0; std::ssize(pool.titles) < titles; ++work) {
    works.make(titles - std::ssize(pool.titles), RandomStream(seed, "work", work));
  }
  choose_countries(pool, 0, seed);
  rank_by_popularity(pool.titles, RandomStream(seed, "luck"));
  return pool;
}

void add_upcoming_titles(TitlePool& pool, int64_t titles, int64_t days, uint64_t seed) {
  Names names;
  for (const SynthTitle& title : pool.titles) names.use(title.name);
  WorkMaker works(pool, names);
  const auto before = std::ssize(pool.titles);
  for (uint64_t work = 0; std::ssize(pool.titles) < before + titles; ++work) {
    works.make(before + titles - std::ssize(pool.titles), RandomStream(seed, "upcoming", work));
  }
  for (int64_t i = 0; i < titles; ++i) {
    SynthTitle& title = pool.titles[static_cast<size_t>(before + i)];
    title.available_from = kSpanEnd + i * days / titles * kDay;
    title.available_until = kNever;
    title.year = kFirstSpanYear + static_cast<int>((kSpanEnd - kSpanStart) / kDay / 365);
    title.rank = static_cast<int>(before + i) + 1;
  }
  choose_countries(pool, static_cast<size_t>(before), seed);
}

}  // namespace marquee::data::synth
