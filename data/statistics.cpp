#include "data/statistics.h"

#include <algorithm>
#include <limits>
#include <numeric>
#include <vector>

namespace marquee::data {

namespace {

double share_of_top(const std::vector<int64_t>& descending, double share, int64_t total) {
  const auto count = std::max<size_t>(1, static_cast<size_t>(share * double(descending.size())));
  const int64_t sum = std::accumulate(
      descending.begin(),
      descending.begin() + static_cast<int64_t>(std::min(count, descending.size())), int64_t{0});
  return total == 0 ? 0 : static_cast<double>(sum) / static_cast<double>(total);
}

// Gini coefficient of counts in descending order: 0 where all are equal.
double gini(const std::vector<int64_t>& descending, int64_t total) {
  if (total == 0) return 0;
  const auto n = static_cast<double>(descending.size());
  double weighted = 0;  // sum over ascending ranks 1..n of rank * count
  for (size_t i = 0; i < descending.size(); ++i) {
    weighted += (n - static_cast<double>(i)) * static_cast<double>(descending[i]);
  }
  return 2 * weighted / (n * static_cast<double>(total)) - (n + 1) / n;
}

void count_histories(const Dataset& dataset, Statistics& s, std::vector<int64_t>& popularity) {
  std::vector<int64_t> lengths;
  for (int64_t user = 0; user < dataset.users(); ++user) {
    const History history = dataset.history(user);
    lengths.push_back(history.size());
    for (size_t i = 0; i < history.titles.size(); ++i) {
      ++popularity[history.titles[i]];
      ++s.parts[static_cast<size_t>(history.parts[i])];
      ++s.events[static_cast<size_t>(history.events[i])];
      s.first_time = std::min(s.first_time, history.times[i]);
      s.last_time = std::max(s.last_time, history.times[i]);
    }
  }
  std::sort(lengths.begin(), lengths.end());
  static constexpr std::array<double, 6> kQuantiles = {0, 0.25, 0.5, 0.75, 0.9, 1};
  for (size_t i = 0; i < kQuantiles.size() && !lengths.empty(); ++i) {
    s.history_quantiles[i] =
        lengths[static_cast<size_t>(kQuantiles[i] * static_cast<double>(lengths.size() - 1))];
  }
}

void count_features(const Catalogue& catalogue, Statistics& s) {
  for (int64_t title = 1; title <= catalogue.size(); ++title) {
    s.year_coverage += catalogue.year(title) > 0;
    s.country_coverage += !catalogue.countries(title).empty();
    for (size_t f = 0; f < kFeatures; ++f) {
      s.coverage[f] += !catalogue.features(static_cast<Feature>(f), title).empty();
    }
  }
  const auto titles = static_cast<double>(std::max<int64_t>(1, catalogue.size()));
  s.year_coverage /= titles;
  s.country_coverage /= titles;
  for (size_t f = 0; f < kFeatures; ++f) {
    s.coverage[f] /= titles;
    s.vocabulary[f] = catalogue.vocabulary_size(static_cast<Feature>(f));
  }
}

}  // namespace

double Statistics::density() const {
  const double pairs = static_cast<double>(users) * static_cast<double>(titles);
  return pairs == 0 ? 0 : static_cast<double>(interactions) / pairs;
}

Statistics statistics(const Dataset& dataset) {
  Statistics s;
  s.users = dataset.users();
  s.titles = dataset.catalogue().size();
  s.interactions = dataset.interactions();
  s.first_time = std::numeric_limits<int64_t>::max();
  s.last_time = std::numeric_limits<int64_t>::min();
  std::vector<int64_t> popularity(static_cast<size_t>(s.titles) + 1, 0);
  count_histories(dataset, s, popularity);
  if (s.interactions == 0) s.first_time = s.last_time = 0;

  popularity.erase(popularity.begin());
  std::sort(popularity.rbegin(), popularity.rend());
  s.titles_with_interactions =
      std::count_if(popularity.begin(), popularity.end(), [](auto n) { return n > 0; });
  s.top_1_percent = share_of_top(popularity, 0.01, s.interactions);
  s.top_10_percent = share_of_top(popularity, 0.10, s.interactions);
  s.gini = gini(popularity, s.interactions);
  count_features(dataset.catalogue(), s);
  return s;
}

}  // namespace marquee::data
