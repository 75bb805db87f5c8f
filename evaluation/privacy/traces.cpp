#include "evaluation/privacy/traces.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "core/error.h"
#include "core/interrupt.h"
#include "core/random.h"
#include "core/text.h"
#include "core/threads.h"
#include "evaluation/answers.h"
#include "evaluation/privacy/title_space.h"

namespace marquee::evaluation {

namespace {

using inference::UserHistory;

constexpr int64_t kFloatsAtOnce = 16 << 20;  // of encoded histories
constexpr int64_t kPeopleAtOnce = 512;
constexpr size_t kHistories = kHistoryParts + 1;  // of a person: without each part, and all of it

// Titles by train interactions, the most popular first.
struct Popularity {
  std::vector<uint32_t> list;     // the first kListLength
  std::vector<double> log_ranks;  // [titles + 1] log(1 + rank), of equal ones the mean rank
};

Popularity popularity_of(const data::Dataset& dataset) {
  const std::vector<int64_t> counts = dataset.train_counts();
  Popularity result{std::vector<uint32_t>(counts.size() - 1), std::vector<double>(counts.size())};
  auto& titles = result.list;
  std::iota(titles.begin(), titles.end(), 1U);
  std::ranges::stable_sort(titles, [&](uint32_t a, uint32_t b) { return counts[a] > counts[b]; });
  for (size_t first = 0, end = 0; first < titles.size(); first = end) {
    while (end < titles.size() && counts[titles[end]] == counts[titles[first]]) ++end;
    const double rank = static_cast<double>(first + end - 1) / 2;
    for (size_t i = first; i < end; ++i) result.log_ranks[titles[i]] = std::log1p(rank);
  }
  titles.resize(std::min<size_t>(titles.size(), kListLength));
  return result;
}

// The titles of a part, ascending.
std::vector<uint32_t> part_of(const Person& person, size_t part) {
  std::vector<uint32_t> titles;
  for (size_t i = 0; i < person.titles.size(); ++i) {
    if (person.parts[i] == part) titles.push_back(person.titles[i]);
  }
  std::ranges::sort(titles);
  return titles;
}

UserHistory without(const UserHistory& all, const std::vector<uint32_t>& titles) {
  UserHistory rest;
  for (size_t i = 0; i < all.titles.size(); ++i) {
    if (std::ranges::binary_search(titles, all.titles[i])) continue;
    rest.titles.push_back(all.titles[i]);
    rest.signals.push_back(all.signals[i]);
    rest.ages.push_back(all.ages[i]);
  }
  return rest;
}

std::vector<uint32_t> ascending(std::vector<uint32_t> titles) {
  std::ranges::sort(titles);
  const auto repeated = std::ranges::unique(titles);
  titles.erase(repeated.begin(), repeated.end());
  return titles;
}

// Random signs: [width, kMostFeatures].
class Projection {
 public:
  Projection(size_t width, uint64_t seed) : width_(width) {
    if (width <= kMostFeatures) return;
    RandomStream random(seed, "privacy.projection");
    signs_.resize(width * kMostFeatures);
    for (float& sign : signs_) sign = random.uniform() < 0.5 ? -1.0F : 1.0F;
  }

  size_t features() const { return std::min(width_, kMostFeatures); }

  void write(std::span<const float> row, float* features) const {
    if (signs_.empty()) {
      std::ranges::copy(row, features);
      return;
    }
    std::fill_n(features, kMostFeatures, 0.0F);
    for (size_t i = 0; i < row.size(); ++i) {
      const float* const signs = signs_.data() + i * kMostFeatures;
      for (size_t j = 0; j < kMostFeatures; ++j) features[j] += row[i] * signs[j];
    }
  }

 private:
  size_t width_;
  std::vector<float> signs_;  // empty: rows stay as they are
};

// Finds the traces of ranges of people.
class Tracer {
 public:
  Tracer(const inference::Bundle& bundle, const data::Dataset& dataset, const People& people,
         uint64_t seed)
      : bundle_(bundle),
        people_(people),
        ranker_(bundle),
        space_(bundle, dataset.catalogue()),
        projection_(static_cast<size_t>(ranker_.width()), seed),
        popularity_(popularity_of(dataset)),
        popular_mean_(space_.mean(popularity_.list)),
        all_titles_(static_cast<size_t>(dataset.catalogue().size())) {
    std::iota(all_titles_.begin(), all_titles_.end(), 1U);
    const size_t count = people.all.size();
    traces_.hidden_titles.resize(count);
    traces_.beyond_popularity.resize(count);
    traces_.history_loss.resize(count);
    traces_.similarity.resize(space_.empty() ? 0 : count);
    traces_.popular_lists.resize(space_.empty() ? 0 : count);
    traces_.width = projection_.features();
    traces_.features.resize(count * traces_.width);
  }

  int64_t people_at_once() const {
    const int64_t floats = ranker_.width() * static_cast<int64_t>(kHistories);
    return std::clamp<int64_t>(kFloatsAtOnce / floats, 1, kPeopleAtOnce);
  }

  void trace(int64_t begin, int64_t end) {
    std::vector<UserHistory> histories;
    std::vector<std::vector<uint32_t>> parts;
    for (int64_t i = begin; i < end; ++i) {
      const Person& person = people_.all[static_cast<size_t>(i)];
      for (size_t part = 0; part < kHistoryParts; ++part) {
        parts.push_back(part_of(person, part));
        histories.push_back(without(person.history, parts.back()));
      }
      histories.push_back(person.history);
    }
    const std::vector<float> rows = ranker_.encode(histories);
    rank_hidden(begin, histories, rows, parts);
    compare_lists(begin, histories, rows);
    parallel_for(end - begin, 8, [&](int64_t first, int64_t last) {
      for (int64_t i = first; i < last; ++i) {
        const auto row = row_of(rows, static_cast<size_t>(i) * kHistories + kHistoryParts);
        const auto person = static_cast<size_t>(begin + i);
        traces_.history_loss[person] = log_softmax(row, people_.all[person].titles);
        projection_.write(row, traces_.features.data() + person * traces_.width);
      }
    });
  }

  Traces take() { return std::move(traces_); }

 private:
  std::span<const float> row_of(const std::vector<float>& rows, size_t index) const {
    const auto width = static_cast<size_t>(ranker_.width());
    return std::span(rows).subspan(index * width, width);
  }

  void rank_hidden(int64_t begin, const std::vector<UserHistory>& histories,
                   const std::vector<float>& rows,
                   const std::vector<std::vector<uint32_t>>& parts) {
    std::vector<std::vector<uint32_t>> seen;
    for (size_t i = 0; i < histories.size(); ++i) {
      if (i % kHistories < kHistoryParts) seen.push_back(ascending(histories[i].titles));
    }
    std::vector<inference::Query> queries;
    for (size_t i = 0; i < parts.size(); ++i) {
      const size_t history = i / kHistoryParts * kHistories + i % kHistoryParts;
      queries.push_back({.user = row_of(rows, history), .excluded = seen[i], .allowed = {}});
    }
    const auto ranks = ranker_.rank(queries, parts);
    for (size_t i = 0; i < ranks.size(); ++i) {
      const size_t person = static_cast<size_t>(begin) + i / kHistoryParts;
      const auto titles = static_cast<double>(people_.all[person].titles.size());
      for (size_t t = 0; t < parts[i].size(); ++t) {
        const double by_model = std::log1p(ranks[i][t].mean_rank());
        const double by_popularity = popularity_.log_ranks[parts[i][t]];
        traces_.hidden_titles[person] -= by_model / titles;
        traces_.beyond_popularity[person] += (by_popularity - by_model) / titles;
      }
    }
  }

  void compare_lists(int64_t begin, const std::vector<UserHistory>& histories,
                     const std::vector<float>& rows) {
    if (space_.empty()) return;
    std::vector<std::vector<uint32_t>> seen;
    for (size_t i = kHistoryParts; i < histories.size(); i += kHistories) {
      seen.push_back(ascending(histories[i].titles));
    }
    std::vector<inference::Query> queries;
    for (size_t i = 0; i < seen.size(); ++i) {
      queries.push_back({.user = row_of(rows, i * kHistories + kHistoryParts),
                         .excluded = seen[i],
                         .allowed = {}});
    }
    const auto lists = ranker_.search(queries, kListLength);
    for (size_t i = 0; i < lists.size(); ++i) {
      std::vector<uint32_t> list;
      for (const inference::ScoredTitle& each : lists[i]) list.push_back(each.title);
      const size_t person = static_cast<size_t>(begin) + i;
      const auto history = space_.mean(people_.all[person].titles);
      const auto shown = space_.mean(list);
      traces_.similarity[person] = cosine(history, shown) - cosine(shown, popular_mean_);
      traces_.popular_lists[person] = people_.all[person].member
                                          ? traces_.similarity[person]
                                          : cosine(history, popular_mean_) - 1;
    }
  }

  // Mean over `titles` of the log softmax of the scores of all titles.
  double log_softmax(std::span<const float> row, const std::vector<uint32_t>& titles) const {
    std::vector<float> scores(all_titles_.size());
    ranker_.score(row, all_titles_, scores);
    const float most = *std::ranges::max_element(scores);
    double sum = 0, own = 0;
    for (const float score : scores) sum += std::exp(static_cast<double>(score) - most);
    for (const uint32_t title : titles) own += scores[title - 1];
    const double loss =
        own / static_cast<double>(titles.size()) - static_cast<double>(most) - std::log(sum);
    if (std::isfinite(loss)) return loss;
    throw artefact_error(cat("bundle ", bundle_.name(),
                             " scores a title with a number that is not finite: train it again "
                             "with a lower train.learning_rate"));
  }

  const inference::Bundle& bundle_;
  const People& people_;
  const inference::Ranker ranker_;
  const TitleSpace space_;
  const Projection projection_;
  const Popularity popularity_;
  const std::vector<double> popular_mean_;
  std::vector<uint32_t> all_titles_;
  Traces traces_;
};

}  // namespace

Traces find_traces(const inference::Bundle& bundle, const data::Dataset& dataset,
                   const People& people, uint64_t seed,
                   const std::function<void(int64_t)>& on_progress) {
  Tracer tracer(bundle, dataset, people, seed);
  const auto count = static_cast<int64_t>(people.all.size());
  for (int64_t begin = 0; begin < count; begin += tracer.people_at_once()) {
    throw_if_interrupted();
    const int64_t end = std::min(count, begin + tracer.people_at_once());
    tracer.trace(begin, end);
    on_progress(end);
  }
  return tracer.take();
}

}  // namespace marquee::evaluation
