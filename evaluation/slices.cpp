#include "evaluation/slices.h"

#include <algorithm>
#include <chrono>
#include <functional>
#include <limits>
#include <numeric>
#include <span>

#include "core/text.h"
#include "inference/retrieval/ranking_metrics.h"

namespace marquee::evaluation {

namespace {

constexpr int kCutoff = 10;
constexpr size_t kMostGenres = 20;
constexpr int64_t kNoLimit = std::numeric_limits<int64_t>::max();

struct Bin {
  const char* name;
  int64_t low, high;  // both within
};

constexpr Bin kHistoryLengths[] = {
    {"0", 0, 0},       {"1–4", 1, 4},     {"5–9", 5, 9},          {"10–19", 10, 19},
    {"20–49", 20, 49}, {"50–99", 50, 99}, {"100+", 100, kNoLimit}};
constexpr Bin kUsers[] = {{"in training", 1, 1}, {"new", 0, 0}};
constexpr Bin kPopularities[] = {{"0", 0, 0},
                                 {"1–5", 1, 5},
                                 {"6–20", 6, 20},
                                 {"21–100", 21, 100},
                                 {"> 100", 101, kNoLimit},
                                 {"cold: 0–5", 0, 5}};
constexpr Bin kAges[] = {{"0–1 years", -kNoLimit, 1},
                         {"2–5", 2, 5},
                         {"6–10", 6, 10},
                         {"11–20", 11, 20},
                         {"> 20", 21, kNoLimit}};

using Bins = std::vector<size_t>;

// One way to slice: which slices a user (or one target of a user) falls into.
struct Cut {
  SliceKind kind;
  std::function<void(int64_t test_user, uint64_t target, Bins& bins)> place;
};

SliceKind kind_of(const char* id, const char* by, bool of_users) {
  return {.id = id, .by = by, .of_users = of_users, .slices = {}};
}

Cut cut_by(SliceKind kind, std::span<const Bin> bins,
           std::function<int64_t(int64_t test_user, uint64_t target)> value) {
  for (const Bin& bin : bins)
    kind.slices.push_back({.name = bin.name, .n = 0, .hr = {}, .ndcg = {}});
  return {std::move(kind), [bins, value](int64_t test_user, uint64_t target, Bins& found) {
            const int64_t own = value(test_user, target);
            for (size_t i = 0; i < bins.size(); ++i) {
              if (own >= bins[i].low && own <= bins[i].high) found.push_back(i);
            }
          }};
}

bool in_training(const data::Dataset& dataset, int64_t user) {
  const auto parts = dataset.history(user).parts;
  return std::find(parts.begin(), parts.end(), data::Part::kTrain) != parts.end();
}

int64_t year_of(int64_t unix_seconds) {
  using namespace std::chrono;
  constexpr int64_t kYear9999 = 253'370'764'800;
  const sys_seconds timestamp{seconds{std::clamp<int64_t>(unix_seconds, 0, kYear9999)}};
  return static_cast<int>(year_month_day{floor<days>(timestamp)}.year());
}

Cut cut_by_age(const data::Catalogue& catalogue, const TestUsers& test_users) {
  Cut cut = cut_by(kind_of("title_age", "years from the title’s release to the event", false),
                   kAges, [&](int64_t, uint64_t target) {
                     return year_of(test_users.times[target]) -
                            catalogue.year(test_users.targets[target]);
                   });
  const auto aged = std::move(cut.place);
  cut.place = [&catalogue, &test_users, aged](int64_t test_user, uint64_t target, Bins& bins) {
    if (catalogue.year(test_users.targets[target]) > 0) aged(test_user, target, bins);
  };
  return cut;
}

Cut cut_by_genre(const data::Catalogue& catalogue, const TestUsers& test_users) {
  const auto genres_of = [&](uint32_t title) {
    return catalogue.features(data::Feature::kGenre, title);
  };
  const auto genres = static_cast<size_t>(catalogue.vocabulary_size(data::Feature::kGenre));
  std::vector<int64_t> counts(genres + 1);
  for (const uint32_t title : test_users.targets) {
    for (const uint32_t genre : genres_of(title)) ++counts[genre];
  }
  std::vector<size_t> order(genres);
  std::iota(order.begin(), order.end(), size_t{1});
  std::stable_sort(order.begin(), order.end(),
                   [&](size_t a, size_t b) { return counts[a] > counts[b]; });
  order.resize(std::min(genres, kMostGenres));
  Cut cut{kind_of("genre", "genre of the title to find", false), {}};
  std::vector<size_t> places(genres + 1, kMostGenres);
  for (size_t i = 0; i < order.size(); ++i) {
    places[order[i]] = i;
    const std::string_view name =
        catalogue.feature_name(data::Feature::kGenre, static_cast<int64_t>(order[i]));
    cut.kind.slices.push_back({.name = std::string(name), .n = 0, .hr = {}, .ndcg = {}});
  }
  cut.place = [&test_users, genres_of, places](int64_t, uint64_t target, Bins& bins) {
    for (const uint32_t genre : genres_of(test_users.targets[target])) {
      if (places[genre] < kMostGenres) bins.push_back(places[genre]);
    }
  };
  return cut;
}

struct Columns {
  PerUser hr, ndcg;

  explicit Columns(int64_t users) {
    for (PerUser* column : {&hr, &ndcg}) {
      column->sums.resize(static_cast<size_t>(users));
      column->weights.resize(static_cast<size_t>(users));
    }
  }
  void add(int64_t test_user, std::span<const inference::RankCounts> ranks) {
    hr.sums[test_user] += inference::hit_rate(ranks, kCutoff);
    ndcg.sums[test_user] += inference::ndcg(ranks, kCutoff);
    hr.weights[test_user] += 1;
    ndcg.weights[test_user] += 1;
  }
};

std::vector<Columns> columns_of(const Cut& cut, const TestUsers& test_users, const Ranks& ranks) {
  std::vector<Columns> columns(cut.kind.slices.size(), Columns(test_users.size()));
  Bins bins;
  for (int64_t test_user = 0; test_user < test_users.size(); ++test_user) {
    const auto own = test_users.of(test_user, ranks);
    const size_t rankings = cut.kind.of_users ? 1 : own.size();
    for (size_t t = 0; t < rankings; ++t) {
      bins.clear();
      cut.place(test_user, test_users.offsets[test_user] + t, bins);
      const auto targets = cut.kind.of_users ? own : own.subspan(t, 1);
      for (const size_t bin : bins) columns[bin].add(test_user, targets);
    }
  }
  return columns;
}

SliceKind evaluate_slices(const Cut& cut, const TestUsers& test_users, const Ranks& ranks,
                          const BootstrapOptions& options) {
  SliceKind kind = cut.kind;
  const std::vector<Columns> columns = columns_of(cut, test_users, ranks);
  std::vector<const PerUser*> metrics;
  std::vector<Slice*> filled;
  for (size_t i = 0; i < columns.size(); ++i) {
    const auto& weights = columns[i].hr.weights;
    kind.slices[i].n = static_cast<int64_t>(std::accumulate(weights.begin(), weights.end(), 0.0));
    if (kind.slices[i].n == 0) continue;
    filled.push_back(&kind.slices[i]);
    metrics.push_back(&columns[i].hr);
    metrics.push_back(&columns[i].ndcg);
  }
  const std::vector<Resampled> resampled = bootstrap(metrics, options);
  for (size_t i = 0; i < filled.size(); ++i) {
    filled[i]->hr = resampled[2 * i].interval();
    filled[i]->ndcg = resampled[2 * i + 1].interval();
  }
  return kind;
}

}  // namespace

Slices make_slices(const data::Dataset& dataset, const TestUsers& test_users,
                   const Ranks& full_ranks, const BootstrapOptions& options) {
  const data::Catalogue& catalogue = dataset.catalogue();
  const Cut cuts[] = {
      cut_by(kind_of("history_length", "events in the user’s history", true), kHistoryLengths,
             [&](int64_t test_user, uint64_t) { return test_users.history_lengths[test_user]; }),
      cut_by(kind_of("user", "whether the user is in training", true), kUsers,
             [&](int64_t test_user, uint64_t) {
               return in_training(dataset, test_users.users[test_user]);
             }),
      cut_by(kind_of("target_popularity", "train interactions of the title to find", false),
             kPopularities,
             [&](int64_t, uint64_t target) {
               return test_users.train_counts[test_users.targets[target]];
             }),
      cut_by_age(catalogue, test_users), cut_by_genre(catalogue, test_users)};
  Slices slices;
  for (const Cut& cut : cuts) {
    SliceKind kind = evaluate_slices(cut, test_users, full_ranks, options);
    const bool any =
        std::ranges::any_of(kind.slices, [](const Slice& slice) { return slice.n > 0; });
    if (any) slices.push_back(std::move(kind));
  }
  return slices;
}

const SliceKind* find_kind(const Slices& slices, std::string_view id) {
  const auto found = std::ranges::find(slices, id, &SliceKind::id);
  return found == slices.end() ? nullptr : &*found;
}

}  // namespace marquee::evaluation
