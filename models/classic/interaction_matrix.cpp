#include "models/classic/interaction_matrix.h"

#include <algorithm>
#include <utility>

#include "core/threads.h"

namespace marquee::models {

int64_t SparseRows::occurring() const {
  int64_t count = 0;
  for (int64_t row = 0; row < rows(); ++row) count += !(*this)[row].empty();
  return count;
}

namespace {

// Of each user the titles whose newest train event is negative feedback, or is none.
SparseRows rows_of_users(const data::Dataset& dataset, bool disliked) {
  SparseRows rows;
  rows.offsets.push_back(0);
  struct Event {
    uint32_t title;
    bool disliked;
  };
  std::vector<Event> events;
  for (int64_t user = 0; user < dataset.users(); ++user) {
    const data::History history = dataset.history(user);
    events.clear();
    for (size_t i = 0; i < history.titles.size(); ++i) {
      if (history.parts[i] != data::Part::kTrain) continue;
      events.push_back(
          {history.titles[i], dataset.weights().is_negative(history.events[i], history.values[i])});
    }
    std::ranges::stable_sort(events, {}, &Event::title);
    for (size_t i = 0; i < events.size(); ++i) {
      const bool is_newest = i + 1 == events.size() || events[i + 1].title != events[i].title;
      if (is_newest && events[i].disliked == disliked) rows.values.push_back(events[i].title);
    }
    rows.offsets.push_back(static_cast<int64_t>(rows.values.size()));
  }
  return rows;
}

// Columns become rows; users come in ascending order, so every row is sorted.
SparseRows transposed(const SparseRows& rows, int64_t columns) {
  SparseRows result;
  result.offsets.assign(static_cast<size_t>(columns) + 1, 0);
  for (const uint32_t column : rows.values) ++result.offsets[column + 1];
  for (size_t i = 1; i < result.offsets.size(); ++i) result.offsets[i] += result.offsets[i - 1];
  std::vector<int64_t> next(result.offsets.begin(), result.offsets.end() - 1);
  result.values.resize(rows.values.size());
  for (int64_t row = 0; row < rows.rows(); ++row) {
    for (const uint32_t column : rows[row]) {
      result.values[static_cast<size_t>(next[column]++)] = static_cast<uint32_t>(row);
    }
  }
  return result;
}

}  // namespace

InteractionMatrix::InteractionMatrix(const data::Dataset& dataset)
    : InteractionMatrix(rows_of_users(dataset, false), dataset.catalogue().size()) {}

InteractionMatrix InteractionMatrix::disliked(const data::Dataset& dataset) {
  return {rows_of_users(dataset, true), dataset.catalogue().size()};
}

InteractionMatrix InteractionMatrix::none(const data::Dataset& dataset) {
  return {{std::vector<int64_t>(static_cast<size_t>(dataset.users()) + 1), {}},
          dataset.catalogue().size()};
}

InteractionMatrix::InteractionMatrix(SparseRows rows, int64_t titles)
    : titles_of_user(std::move(rows)), users_of_title(transposed(titles_of_user, titles + 1)) {}

void for_each_cooccurrence(const InteractionMatrix& interactions, const CountsBody& body) {
  const int64_t titles = interactions.users_of_title.rows();
  parallel_for(titles, 16, [&](int64_t begin, int64_t end) {
    std::vector<float> counts(static_cast<size_t>(titles));
    for (int64_t title = begin; title < end; ++title) {
      std::fill(counts.begin(), counts.end(), 0.F);
      for (const uint32_t user : interactions.users_of_title[title]) {
        for (const uint32_t other : interactions.titles_of_user[user]) ++counts[other];
      }
      body(title, counts);
    }
  });
}

}  // namespace marquee::models
