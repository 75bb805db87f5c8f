#include <algorithm>
#include <cmath>
#include <map>

#include "core/log.h"
#include "core/text.h"
#include "data/dataset.h"
#include "policy/simulation/fitted_tastes.h"
#include "policy/simulation/population.h"

namespace marquee::policy {

namespace {

namespace synth = data::synth;
using data::Feature;

constexpr int kUsualMinutes = 100;  // of titles whose running time is unknown
constexpr double kShrunkRatings =
    10;  // with which a title's or a member's mean is as sure as noise
constexpr double kStars = 5;

double stars(float rating, const data::RatingScale& scale) { return kStars * scale.share(rating); }

// Ratings of titles and members around what is usual.
struct Ratings {
  std::vector<double> titles, members;  // mean difference, drawn towards 0; [titles], [members]
  std::vector<double> rates;            // share of interactions that are ratings; [members]
};

Ratings ratings_of(const data::Dataset& dataset) {
  const auto titles = static_cast<size_t>(dataset.catalogue().size());
  Ratings of{std::vector<double>(titles), {}, {}};
  std::vector<double> counts(titles);
  double sum = 0, count = 0;
  const auto each_rating = [&](const data::History& history, const auto& take) {
    for (size_t i = 0; i < history.titles.size(); ++i) {
      if (history.events[i] != data::Event::kRating) continue;
      take(history.titles[i] - 1, stars(history.values[i], dataset.rating_scale()));
    }
  };
  for (int64_t user = 0; user < dataset.users(); ++user) {
    each_rating(dataset.history(user), [&](size_t, double value) { sum += value, ++count; });
  }
  const double mean = count > 0 ? sum / count : 0;
  for (int64_t user = 0; user < dataset.users(); ++user) {
    const data::History history = dataset.history(user);
    double difference = 0, rated = 0;
    each_rating(history, [&](size_t title, double value) {
      of.titles[title] += value - mean;
      ++counts[title];
      difference += value - mean;
      ++rated;
    });
    of.members.push_back(difference / (rated + kShrunkRatings));
    of.rates.push_back(rated / std::max<double>(1, static_cast<double>(history.size())));
  }
  for (size_t i = 0; i < titles; ++i) of.titles[i] /= counts[i] + kShrunkRatings;
  return of;
}

void set_titles(const data::Catalogue& catalogue, const Ratings& ratings,
                const std::vector<synth::Taste>& tastes, Population& population) {
  double squares = 0;
  for (const double each : ratings.titles) squares += each * each;
  const double deviation = std::sqrt(squares / static_cast<double>(ratings.titles.size()));
  // Genre 0 is of titles without one.
  population.pool.genres.resize(static_cast<size_t>(catalogue.vocabulary_size(Feature::kGenre)) +
                                1);
  for (int64_t i = 1; i <= catalogue.size(); ++i) {
    const auto index = static_cast<size_t>(i - 1);
    synth::SynthTitle& title = population.pool.titles.emplace_back();
    title.name = catalogue.name(i);
    title.year = catalogue.year(i);
    for (const uint32_t genre : catalogue.features(Feature::kGenre, i)) {
      title.genres.push_back(static_cast<int>(genre));
    }
    if (title.genres.empty()) title.genres.push_back(0);
    title.minutes = catalogue.runtime_minutes(i) > 0 ? catalogue.runtime_minutes(i) : kUsualMinutes;
    title.available_from = catalogue.available_from(i);
    title.available_until = catalogue.available_until(i);
    title.quality = deviation > 0 ? ratings.titles[index] / deviation : 0;
    title.taste = tastes[index];
    population.title_ids.emplace_back(catalogue.id(i));
    population.title_indices[population.title_ids.back()] = static_cast<int32_t>(index);
  }
}

// The genres that somebody watched most, one of them several times where there are too few.
void set_favourites(const synth::TitlePool& pool, const data::History& history,
                    synth::SynthUser& user) {
  std::map<int, int> counts;
  for (const uint32_t title : history.titles) {
    for (const int genre : pool.title(static_cast<int32_t>(title) - 1).genres) ++counts[genre];
  }
  std::vector<std::pair<int, int>> sorted;  // -count, genre
  for (const auto& [genre, count] : counts) sorted.emplace_back(-count, genre);
  std::ranges::sort(sorted);
  for (size_t i = 0; i < user.genres.size() && !sorted.empty(); ++i) {
    user.genres[i] = sorted[std::min(i, sorted.size() - 1)].second;
  }
}

void set_members(const data::Dataset& dataset, const Ratings& ratings,
                 const std::vector<synth::Taste>& tastes, Population& population) {
  for (int64_t i = 0; i < dataset.users(); ++i) {
    const auto index = static_cast<size_t>(i);
    const data::History history = dataset.history(i);
    synth::SynthUser& user = population.users.emplace_back();
    user.events = history.size();
    user.left = population.start;
    user.joined =
        user.left - synth::kDay;  // of the same length for all: who watched more is busier
    user.bias = ratings.members[index];
    user.rates = ratings.rates[index];
    set_favourites(population.pool, history, user);
    population.user_ids.emplace_back(dataset.user_id(i));
    Person& person = population.people.emplace_back();
    person.user = i;
    person.taste = tastes[index];
    for (size_t at = 0; at < history.titles.size(); ++at) {
      person.watches.push_back({.time = history.times[at],
                                .title = static_cast<int32_t>(history.titles[at]) - 1,
                                .event = history.events[at],
                                .value = history.values[at]});
    }
  }
}

std::vector<synth::AliasTable> shelves_of(const data::Dataset& dataset,
                                          const synth::TitlePool& pool) {
  const std::vector<int64_t> counts = dataset.train_counts();
  std::vector<std::vector<int32_t>> titles(pool.genres.size());
  std::vector<std::vector<double>> weights(pool.genres.size());
  for (size_t i = 0; i < pool.titles.size(); ++i) {
    for (const int genre : pool.titles[i].genres) {
      titles[static_cast<size_t>(genre)].push_back(static_cast<int32_t>(i));
      weights[static_cast<size_t>(genre)].push_back(static_cast<double>(counts[i + 1]));
    }
  }
  std::vector<synth::AliasTable> shelves;
  for (size_t i = 0; i < titles.size(); ++i) shelves.emplace_back(titles[i], weights[i]);
  return shelves;
}

}  // namespace

Population fitted_population(const std::filesystem::path& folder) {
  const data::Dataset dataset(folder);
  const FittedTastes tastes = fitted_tastes(dataset);
  log::info(cat("tastes fitted to ", grouped(dataset.interactions()), " interactions: of ",
                synth::kExposed,
                " titles drawn by popularity, a member chooses the one that they "
                "watched with probability ",
                fixed(tastes.chosen, 3), " (by chance ", fixed(1.0 / synth::kExposed, 3), "; ",
                grouped(tastes.choices), " interactions held out)"));
  Population population;
  population.source = {"dataset", folder.filename().string(), dataset.manifest().sha256};
  int64_t last = 0;
  for (int64_t user = 0; user < dataset.users(); ++user) {
    const auto times = dataset.history(user).times;
    if (!times.empty()) last = std::max(last, times.back());
  }
  population.start = (last / synth::kDay + 1) * synth::kDay;
  const Ratings ratings = ratings_of(dataset);
  set_titles(dataset.catalogue(), ratings, tastes.titles, population);
  set_members(dataset, ratings, tastes.members, population);
  population.shelves = shelves_of(dataset, population.pool);
  population.first_release = static_cast<int32_t>(population.pool.titles.size());
  return population;
}

}  // namespace marquee::policy
