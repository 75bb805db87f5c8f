#include "evaluation/fairness/amplification.h"

#include <algorithm>
#include <numeric>

#include "evaluation/fairness/member_groups.h"
#include "evaluation/fairness/providers.h"

namespace marquee::evaluation {

namespace {

// Of histories and of lists: a column a genre, and the popularity of titles.
struct Columns {
  std::vector<PerUser> genres;  // [genres + 1]
  PerUser popularity;
};

Columns empty_columns(int64_t genres, int64_t members) {
  const std::vector<double> zeros(static_cast<size_t>(members));
  const PerUser none{zeros, zeros};
  return {std::vector<PerUser>(static_cast<size_t>(genres) + 1, none), none};
}

void add(Columns& columns, const Questions& questions, size_t member,
         std::span<const uint32_t> titles) {
  const data::Catalogue& catalogue = questions.dataset.catalogue();
  double with_genres = 0, popularity = 0;
  for (const uint32_t title : titles) {
    const auto genres = catalogue.features(data::Feature::kGenre, title);
    for (const uint32_t genre : genres) {
      columns.genres[genre].sums[member] += 1 / static_cast<double>(genres.size());
    }
    with_genres += genres.empty() ? 0 : 1;
    popularity += static_cast<double>(questions.test_users.user_counts[title]);
  }
  for (PerUser& each : columns.genres) {
    each.weights[member] = with_genres > 0 ? 1 : 0;
    if (with_genres > 0) each.sums[member] /= with_genres;
  }
  if (titles.empty()) return;
  columns.popularity.sums[member] = popularity / static_cast<double>(titles.size());
  columns.popularity.weights[member] = 1;
}

// The genres of most histories, as numbers.
std::vector<size_t> largest_genres(const Columns& histories) {
  std::vector<double> totals;
  for (const PerUser& each : histories.genres) {
    totals.push_back(std::accumulate(each.sums.begin(), each.sums.end(), 0.0));
  }
  std::vector<size_t> order;
  for (size_t genre = 1; genre < totals.size(); ++genre) {
    if (totals[genre] > 0) order.push_back(genre);
  }
  std::ranges::stable_sort(order, [&](size_t a, size_t b) { return totals[a] > totals[b]; });
  order.resize(std::min(order.size(), kMostProviders));
  return order;
}

class Amplifier {
 public:
  Amplifier(const Questions& questions, const Answers& answers, const BootstrapOptions& options)
      : catalogue_(questions.dataset.catalogue()), options_(options) {
    const TestUsers& test = questions.test_users;
    const int64_t genres = catalogue_.vocabulary_size(data::Feature::kGenre);
    histories_ = empty_columns(genres, test.size());
    lists_ = empty_columns(genres, test.size());
    for (int64_t member = 0; member < test.size(); ++member) {
      const auto at = static_cast<size_t>(member);
      add(histories_, questions, at, history_titles(questions.dataset, test.users[at]));
      const auto list = answers.list(member);
      const auto end = std::ranges::find(list, 0U) - list.begin();
      add(lists_, questions, at, list.first(static_cast<size_t>(end)));
    }
    genres_ = largest_genres(histories_);
  }

  Amplification of(const std::string& attribute, const std::string& group,
                   const std::vector<bool>& in) const {
    std::vector<PerUser> own{only(lists_.popularity, in), only(histories_.popularity, in)};
    for (const size_t genre : genres_) {
      own.push_back(only(lists_.genres[genre], in));
      own.push_back(only(histories_.genres[genre], in));
    }
    std::vector<const PerUser*> columns;
    for (const PerUser& each : own) columns.push_back(&each);
    const auto resampled = bootstrap(columns, options_);
    Amplification result{attribute, group, std::ranges::count(in, true), {}, {}};
    result.popularity_lift = ratio(difference(resampled[0], resampled[1]), resampled[1]).interval();
    for (size_t i = 0; i < genres_.size(); ++i) {
      const Resampled &lists = resampled[2 * i + 2], &history = resampled[2 * i + 3];
      if (!(history.value > 0)) continue;  // nobody of the group watches it
      result.genres.push_back({std::string(catalogue_.feature_name(
                                   data::Feature::kGenre, static_cast<int64_t>(genres_[i]))),
                               history.value, lists.interval(), ratio(lists, history).interval()});
    }
    return result;
  }

 private:
  const data::Catalogue& catalogue_;
  BootstrapOptions options_;
  Columns histories_, lists_;
  std::vector<size_t> genres_;
};

}  // namespace

std::vector<Amplification> amplification(const Questions& questions, const Answers& answers,
                                         const BootstrapOptions& bootstrap) {
  const Amplifier amplifier(questions, answers, bootstrap);
  const auto members = static_cast<size_t>(questions.test_users.size());
  std::vector<Amplification> all{amplifier.of("", "", std::vector<bool>(members, true))};
  for (const Grouping& grouping : groupings(questions)) {
    for (const std::string& name :
         reported(group_sizes(grouping.group), std::ssize(grouping.group))) {
      std::vector<bool> in;
      for (const std::string& each : grouping.group) in.push_back(each == name);
      all.push_back(amplifier.of(grouping.name, name, in));
    }
  }
  return all;
}

}  // namespace marquee::evaluation
