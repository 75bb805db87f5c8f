#include "evaluation/beyond_accuracy.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <optional>

#include "core/threads.h"
#include "inference/diversity/calibration.h"

namespace marquee::evaluation {

namespace {

constexpr int64_t kGroups = 100;  // of the jackknife
constexpr int64_t kUsersATask = 512;

using Titles = std::span<const uint32_t>;
using Distribution = std::vector<double>;  // [genres + 1]

Titles without_gaps(Titles list) {
  return list.first(static_cast<size_t>(std::find(list.begin(), list.end(), 0u) - list.begin()));
}

std::span<const uint32_t> genres(const data::Catalogue& catalogue, uint32_t title) {
  return catalogue.features(data::Feature::kGenre, title);
}

// 1 − |A ∩ B| / |A ∪ B|. Genres of a title are few, and distinct.
double genre_distance(std::span<const uint32_t> a, std::span<const uint32_t> b) {
  double shared = 0;
  for (const uint32_t genre : a) shared += std::find(b.begin(), b.end(), genre) != b.end();
  return 1 - shared / (static_cast<double>(a.size() + b.size()) - shared);
}

// Mean over the pairs of titles that have genres.
std::optional<double> diversity(const data::Catalogue& catalogue, Titles list) {
  double sum = 0, pairs = 0;
  for (size_t i = 0; i < list.size(); ++i) {
    for (size_t j = 0; j < i; ++j) {
      const auto a = genres(catalogue, list[i]), b = genres(catalogue, list[j]);
      if (a.empty() || b.empty()) continue;
      sum += genre_distance(a, b);
      pairs += 1;
    }
  }
  return pairs > 0 ? std::optional(sum / pairs) : std::nullopt;
}

// Each title spreads a weight of 1 over its genres; none if no title has any.
std::optional<Distribution> genre_distribution(const data::Catalogue& catalogue, Titles titles) {
  Distribution shares(static_cast<size_t>(catalogue.vocabulary_size(data::Feature::kGenre)) + 1);
  double total = 0;
  for (const uint32_t title : titles) {
    const auto own = genres(catalogue, title);
    for (const uint32_t genre : own) shares[genre] += 1.0 / static_cast<double>(own.size());
    total += own.empty() ? 0 : 1;
  }
  if (total == 0) return std::nullopt;
  for (double& share : shares) share /= total;
  return shares;
}

// Steck 2018: Kullback-Leibler divergence of the list's genres from the history's, in nats.
std::optional<double> miscalibration(const data::Catalogue& catalogue, Titles history,
                                     Titles list) {
  const auto wanted = genre_distribution(catalogue, history);
  const auto shown = genre_distribution(catalogue, list);
  if (!wanted || !shown) return std::nullopt;
  return inference::miscalibration(*wanted, *shown);
}

// Users with the title in their history; a title without any counts as if it had one.
double popularity(const TestUsers& test_users, uint32_t title) {
  return static_cast<double>(std::max<int64_t>(1, test_users.user_counts[title]));
}

double mean_popularity(const TestUsers& test_users, Titles titles) {
  double sum = 0;
  for (const uint32_t title : titles) sum += popularity(test_users, title);
  return sum / static_cast<double>(titles.size());
}

double novelty(const TestUsers& test_users, double users, Titles list) {
  double bits = 0;
  for (const uint32_t title : list) bits -= std::log2(popularity(test_users, title) / users);
  return bits / static_cast<double>(list.size());
}

// Titles from the most to the least popular, equally popular ones in their order.
std::vector<uint32_t> by_popularity(const TestUsers& test_users) {
  std::vector<uint32_t> order(test_users.user_counts.size() - 1);
  std::iota(order.begin(), order.end(), 1u);
  std::stable_sort(order.begin(), order.end(), [&](uint32_t a, uint32_t b) {
    return test_users.user_counts[a] > test_users.user_counts[b];
  });
  return order;
}

bool holds(Titles titles, uint32_t title) {
  return std::find(titles.begin(), titles.end(), title) != titles.end();
}

// The share of the list that was watched next and is not among the ten most popular titles that the
// user did not know. `known` is ascending.
double serendipity(Titles popular, Titles known, Titles targets, Titles list) {
  std::vector<uint32_t> expected;
  for (size_t i = 0; i < popular.size() && expected.size() < kListLength; ++i) {
    if (!std::binary_search(known.begin(), known.end(), popular[i])) expected.push_back(popular[i]);
  }
  double found = 0;
  for (const uint32_t title : list) found += holds(targets, title) && !holds(expected, title);
  return found / kListLength;
}

UserMetric empty_metric(const char* name, int64_t users) {
  UserMetric metric{.name = name, .values = {}, .root = false};
  metric.values.sums.resize(static_cast<size_t>(users));
  metric.values.weights.resize(static_cast<size_t>(users));
  return metric;
}

void set(UserMetric& metric, int64_t test_user, std::optional<double> value, double weight = 1) {
  if (!value) return;
  metric.values.sums[test_user] = *value;
  metric.values.weights[test_user] = weight;
}

// How often each title was shown to test users [begin, end).
std::vector<int64_t> count_shown(const TestUsers& test_users, const Answers& answers, int64_t begin,
                                 int64_t end) {
  std::vector<int64_t> counts(test_users.user_counts.size());
  for (int64_t test_user = begin; test_user < end; ++test_user) {
    for (const uint32_t title : without_gaps(answers.list(test_user))) ++counts[title];
  }
  return counts;
}

double covered(const std::vector<int64_t>& counts) {
  const auto shown = std::count_if(counts.begin() + 1, counts.end(), [](auto n) { return n > 0; });
  return static_cast<double>(shown) / static_cast<double>(counts.size() - 1);
}

double gini(std::vector<int64_t> counts) {
  std::sort(counts.begin() + 1, counts.end());
  const auto titles = static_cast<double>(counts.size() - 1);
  double sum = 0, ranked = 0;
  for (size_t i = 1; i < counts.size(); ++i) {
    sum += static_cast<double>(counts[i]);
    ranked += (2 * static_cast<double>(i) - titles - 1) * static_cast<double>(counts[i]);
  }
  return sum > 0 ? ranked / (titles * sum) : 0;
}

}  // namespace

std::vector<UserMetric> beyond_accuracy_metrics(const data::Dataset& dataset,
                                                const TestUsers& test_users,
                                                const Answers& answers) {
  const data::Catalogue& catalogue = dataset.catalogue();
  const auto users = static_cast<double>(dataset.users());
  UserMetric novel = empty_metric("novelty@10", test_users.size());
  UserMetric surprising = empty_metric("serendipity@10", test_users.size());
  UserMetric varied = empty_metric("diversity@10", test_users.size());
  UserMetric lift = empty_metric("popularity_lift@10", test_users.size());
  UserMetric calibrated = empty_metric("calibration@10", test_users.size());
  const std::vector<uint32_t> popular = by_popularity(test_users);
  parallel_for(test_users.size(), kUsersATask, [&](int64_t begin, int64_t end) {
    for (int64_t test_user = begin; test_user < end; ++test_user) {
      const Titles list = without_gaps(answers.list(test_user));
      if (list.empty()) continue;
      std::vector<uint32_t> history = history_titles(dataset, test_users.users[test_user]);
      std::sort(history.begin(), history.end());
      set(surprising, test_user,
          serendipity(popular, history, test_users.of(test_user, test_users.targets), list));
      set(novel, test_user, novelty(test_users, users, list));
      set(varied, test_user, diversity(catalogue, list));
      set(calibrated, test_user, miscalibration(catalogue, history, list));
      if (history.empty()) continue;
      set(lift, test_user, mean_popularity(test_users, list), mean_popularity(test_users, history));
    }
  });
  std::vector<UserMetric> metrics;
  for (UserMetric* metric : {&novel, &surprising, &varied, &lift, &calibrated}) {
    const auto& weights = metric->values.weights;
    const bool defined =
        std::any_of(weights.begin(), weights.end(), [](double w) { return w > 0; });
    if (defined) metrics.push_back(std::move(*metric));
  }
  return metrics;
}

Exposure exposure(const TestUsers& test_users, const Answers& answers) {
  const int64_t users = test_users.size(), groups = std::min(kGroups, users);
  const std::vector<int64_t> all = count_shown(test_users, answers, 0, users);
  std::vector<double> coverages(static_cast<size_t>(groups)), ginis(coverages.size());
  parallel_for(groups, 1, [&](int64_t begin, int64_t end) {
    for (int64_t group = begin; group < end; ++group) {
      std::vector<int64_t> counts =
          count_shown(test_users, answers, group * users / groups, (group + 1) * users / groups);
      std::transform(all.begin(), all.end(), counts.begin(), counts.begin(), std::minus<>());
      coverages[group] = covered(counts);
      ginis[group] = gini(std::move(counts));
    }
  });
  return {jackknife(covered(all), coverages), jackknife(gini(all), ginis)};
}

PopularityGroups::PopularityGroups(const TestUsers& test_users)
    : groups_(test_users.user_counts.size()) {
  std::vector<uint32_t> order(test_users.user_counts.size() - 1);
  std::iota(order.begin(), order.end(), 1u);
  std::stable_sort(order.begin(), order.end(), [&](uint32_t a, uint32_t b) {
    return test_users.user_counts[a] < test_users.user_counts[b];
  });
  const int64_t total =
      std::accumulate(test_users.user_counts.begin(), test_users.user_counts.end(), int64_t{0});
  int64_t before = 0;
  for (const uint32_t title : order) {
    // The group in which the middle of the title's own interactions falls.
    const int64_t middle = 2 * before + test_users.user_counts[title];
    const int64_t group = total > 0 ? 10 * middle / (2 * total) : 0;
    groups_[title] = static_cast<uint8_t>(std::min<int64_t>(9, group));
    before += test_users.user_counts[title];
  }
}

PopularityGroups::Shares PopularityGroups::shares(const std::vector<uint32_t>& titles) const {
  Shares shares{};
  double total = 0;
  for (const uint32_t title : titles) {
    if (title == 0) continue;
    shares[groups_[title]] += 1;
    total += 1;
  }
  for (double& share : shares) share /= std::max(1.0, total);
  return shares;
}

}  // namespace marquee::evaluation
