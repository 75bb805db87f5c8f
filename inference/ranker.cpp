#include "inference/ranker.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <utility>

#include "core/error.h"
#include "core/text.h"
#include "core/threads.h"
#include "inference/feature_similarity.h"
#include "inference/retrieval/top_k.h"

namespace marquee::inference {

namespace {

constexpr int64_t kMaxBatchEvents = 131'072;    // padded history entries encoded at once
constexpr int64_t kMaxBatchFloats = 4'194'304;  // values they are encoded to
constexpr int64_t kMaxBatchTitles = 1'024;      // explained at once

// A call of the module costs about as much as this many padded events (measured for attention and
// mean pooling); one that scores every title hardly depends on events.
constexpr size_t kCallCost = 200;
constexpr size_t kCallCostOfScores = 1'000'000;

size_t used_length(const UserHistory& user, int max_history) {
  return std::min(user.titles.size(), static_cast<size_t>(max_history));
}

// The users at the indices `which`, their newest `length` events each, padded on the right.
HistoryBatch batch_of(std::span<const UserHistory> users, std::span<const size_t> which,
                      size_t length) {
  const size_t width = std::max<size_t>(1, length);
  HistoryBatch batch;
  batch.batch = static_cast<int64_t>(which.size());
  batch.length = static_cast<int64_t>(width);
  batch.titles.resize(which.size() * width);
  batch.signals.resize(which.size() * width);
  batch.ages.resize(which.size() * width);
  for (const size_t row : which) batch.users.push_back(users[row].user);
  for (size_t row = 0; row < which.size(); ++row) {
    const UserHistory& user = users[which[row]];
    const auto used = static_cast<std::ptrdiff_t>(std::min(user.titles.size(), length));
    const auto at = static_cast<std::ptrdiff_t>(row * width);
    std::copy(user.titles.end() - used, user.titles.end(), batch.titles.begin() + at);
    std::copy(user.signals.end() - used, user.signals.end(), batch.signals.begin() + at);
    std::copy(user.ages.end() - used, user.ages.end(), batch.ages.begin() + at);
  }
  return batch;
}

// Divides rows of these descending lengths into calls, each padded to its longest row, so that
// calls and padded events together cost least. → the ends of the calls.
std::vector<size_t> cheapest_cuts(std::span<const size_t> lengths, size_t call_cost,
                                  const std::function<size_t(size_t)>& most_rows) {
  std::vector<size_t> cost(lengths.size() + 1, std::numeric_limits<size_t>::max());  // from here on
  std::vector<size_t> end_of(lengths.size());  // the call that begins here
  cost.back() = 0;
  for (size_t begin = lengths.size(); begin-- > 0;) {
    const size_t last = std::min(lengths.size(), begin + most_rows(lengths[begin]));
    for (size_t end = begin + 1; end <= last; ++end) {
      const size_t here = call_cost + (end - begin) * (lengths[begin] + 1) + cost[end];
      if (here >= cost[begin]) continue;
      cost[begin] = here;
      end_of[begin] = end;
    }
  }
  std::vector<size_t> ends;
  for (size_t at = 0; at < lengths.size(); at = end_of[at]) ends.push_back(end_of[at]);
  return ends;
}

// → [titles + 1, dim]
std::vector<float> unit_vectors(const Bundle& bundle) {
  const auto dim = static_cast<size_t>(bundle.facts().dim);
  std::vector<float> units(static_cast<size_t>(bundle.titles().size() + 1) * dim);
  for (int64_t title = 1; title <= bundle.titles().size(); ++title) {
    write_unit(bundle.vector(title), units.data() + static_cast<size_t>(title) * dim);
  }
  return units;
}

}  // namespace

Ranker::Ranker(const Bundle& bundle, int batch_size, std::shared_ptr<const TitleClusters> clusters)
    : bundle_(bundle), batch_size_(batch_size), clusters_(std::move(clusters)) {}

int64_t Ranker::width() const { return bundle_.retrieval().width(); }

// Longest first, so that the batch that takes most memory comes first.
void Ranker::for_each_batch(std::span<const UserHistory> users, const BatchBody& body,
                            int64_t titles) const {
  const int most = bundle_.facts().max_history;
  std::vector<size_t> order(users.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) {
    return used_length(users[a], most) > used_length(users[b], most);
  });
  std::vector<size_t> lengths;
  for (const size_t user : order) lengths.push_back(used_length(users[user], most));
  const auto most_rows = [&](size_t length) {
    const auto events = static_cast<int64_t>(std::max<size_t>(1, length));
    auto fitting = std::min(kMaxBatchEvents / events, kMaxBatchFloats / width());
    if (titles > 0) {
      fitting = std::min({fitting, kMaxBatchFloats / (titles * events), kMaxBatchTitles / titles});
    }
    return static_cast<size_t>(std::clamp<int64_t>(fitting, 1, batch_size_));
  };
  const size_t call_cost =
      bundle_.facts().scoring == Scoring::kVectors ? kCallCost : kCallCostOfScores;
  size_t begin = 0;
  for (const size_t end : cheapest_cuts(lengths, call_cost, most_rows)) {
    const auto which = std::span(order).subspan(begin, end - begin);
    body(which, batch_of(users, which, lengths[begin]));
    begin = end;
  }
}

// The histories without titles that were added after the module was made, which have no index
// there. `room` holds them if any may have changed.
std::span<const UserHistory> Ranker::trained_only(std::span<const UserHistory> users,
                                                  std::vector<UserHistory>& room) const {
  const auto last = static_cast<uint32_t>(bundle_.trained_titles());
  if (bundle_.titles().size() == bundle_.trained_titles()) return users;
  room.assign(users.begin(), users.end());
  for (UserHistory& user : room) {
    size_t kept = 0;
    for (size_t i = 0; i < user.titles.size(); ++i) {
      if (user.titles[i] > last) continue;
      user.titles[kept] = user.titles[i];
      user.signals[kept] = user.signals[i];
      user.ages[kept++] = user.ages[i];
    }
    user.titles.resize(kept);
    user.signals.resize(kept);
    user.ages.resize(kept);
  }
  return room;
}

std::vector<float> Ranker::encode(std::span<const UserHistory> given) const {
  std::vector<UserHistory> trained;
  const auto users = trained_only(given, trained);
  const auto width = static_cast<size_t>(this->width());
  const bool vectors = bundle_.facts().scoring == Scoring::kVectors;
  const char* const method = vectors ? "encode_user" : "score_all";
  std::vector<float> rows(users.size() * width);
  for_each_batch(users, [&](std::span<const size_t> which, const HistoryBatch& batch) {
    const std::vector<float> encoded =
        vectors ? bundle_.model().encode_user(batch) : bundle_.model().score_all(batch);
    if (encoded.size() != which.size() * width) {
      throw artefact_error(cat(bundle_.name(), ": ", method, " gives ",
                               encoded.size() / which.size(), " values a user, not ", width));
    }
    if (!std::all_of(encoded.begin(), encoded.end(), [](float x) { return std::isfinite(x); })) {
      throw artefact_error(cat(bundle_.name(), ": ", method, " gives a value that is not finite"));
    }
    for (size_t row = 0; row < which.size(); ++row) {
      std::copy_n(encoded.data() + row * width, width, rows.data() + which[row] * width);
    }
  });
  return rows;
}

std::vector<std::vector<ScoredTitle>> Ranker::search(std::span<const Query> queries, int k) const {
  if (!clusters_) return bundle_.retrieval().search(queries, k);
  std::vector<std::vector<ScoredTitle>> found(queries.size());
  parallel_for(std::ssize(queries), 1, [&](int64_t begin, int64_t) {
    const auto i = static_cast<size_t>(begin);
    found[i] = clusters_->search(bundle_.retrieval(), queries[i], k);
  });
  return found;
}

std::vector<std::vector<RankCounts>> Ranker::rank(
    std::span<const Query> queries, std::span<const std::vector<uint32_t>> targets) const {
  return bundle_.retrieval().rank(queries, targets);
}

void Ranker::score(std::span<const float> user, std::span<const uint32_t> titles,
                   std::span<float> scores) const {
  bundle_.retrieval().score(user, titles, scores);
}

bool Ranker::predicts_ratings() const { return bundle_.model().has_method("predict_rating"); }

std::vector<std::vector<float>> Ranker::predict_ratings(
    std::span<const UserHistory> given, std::span<const std::vector<uint32_t>> titles) const {
  std::vector<UserHistory> trained;
  const auto users = trained_only(given, trained);
  if (!predicts_ratings()) {
    throw Error(cat("the model ", bundle_.facts().model,
                    " ranks titles but predicts no ratings; use a bundle of a rating model"));
  }
  std::vector<std::vector<float>> ratings(users.size());
  for_each_batch(users, [&](std::span<const size_t> which, const HistoryBatch& batch) {
    size_t most = 0;
    for (const size_t user : which) most = std::max(most, titles[user].size());
    if (most == 0) return;
    std::vector<int64_t> padded(which.size() * most);
    for (size_t row = 0; row < which.size(); ++row) {
      std::copy(titles[which[row]].begin(), titles[which[row]].end(), padded.data() + row * most);
    }
    const auto predicted =
        bundle_.model().predict_rating(batch, padded, static_cast<int64_t>(most));
    for (size_t row = 0; row < which.size(); ++row) {
      const float* first = predicted.data() + row * most;
      ratings[which[row]].assign(first, first + titles[which[row]].size());
      if (!std::all_of(first, first + titles[which[row]].size(),
                       [](float x) { return std::isfinite(x); })) {
        throw artefact_error(bundle_.name() + ": predict_rating gives a value that is not finite");
      }
    }
  });
  return ratings;
}

bool Ranker::gives_contributions() const { return bundle_.model().has_method("contributions"); }

std::vector<std::vector<float>> Ranker::contributions(
    std::span<const UserHistory> given, std::span<const std::vector<uint32_t>> titles) const {
  std::vector<UserHistory> trained;
  const auto users = trained_only(given, trained);
  size_t most = 0;
  for (const auto& of_user : titles) most = std::max(most, of_user.size());
  std::vector<std::vector<float>> contributions(users.size());
  const auto body = [&](std::span<const size_t> which, const HistoryBatch& batch) {
    std::vector<int64_t> padded(which.size() * most);
    for (size_t row = 0; row < which.size(); ++row) {
      std::ranges::transform(titles[which[row]], padded.data() + row * most, [&](uint32_t title) {
        return title <= bundle_.trained_titles() ? title : 0;
      });
    }
    const auto values = bundle_.model().contributions(batch, padded, static_cast<int64_t>(most));
    const auto width = static_cast<size_t>(batch.length);
    for (size_t row = 0; row < which.size(); ++row) {
      const size_t events = used_length(users[which[row]], bundle_.facts().max_history);
      std::vector<float>& own = contributions[which[row]];
      for (size_t title = 0; title < titles[which[row]].size(); ++title) {
        const float* first = values.data() + (row * most + title) * width;
        own.insert(own.end(), first, first + events);
      }
    }
  };
  if (most > 0) for_each_batch(users, body, static_cast<int64_t>(most));
  return contributions;
}

const Retrieval& Ranker::directions() const {
  std::call_once(directions_once_, [this] {
    directions_ = std::make_unique<TitleIndex>(unit_vectors(bundle_), bundle_.facts().dim);
  });
  return *directions_;
}

std::vector<ScoredTitle> Ranker::similar(uint32_t title, int k) const {
  return similar({&title, 1}, k).front();
}

std::vector<std::vector<ScoredTitle>> Ranker::similar(std::span<const uint32_t> titles,
                                                      int k) const {
  const data::TitleSimilarity similarity = bundle_.facts().similarity;
  if (similarity == data::TitleSimilarity::kSharedFeatures) {
    std::vector<std::vector<ScoredTitle>> lists;
    for (const uint32_t title : titles) {
      lists.push_back(similar_by_features(bundle_.titles(), title, k));
    }
    return lists;
  }
  const bool by_vectors = similarity == data::TitleSimilarity::kVectors;
  const std::vector<float> rows = by_vectors ? units_of(titles) : histories_of(titles);
  const size_t width = titles.empty() ? 0 : rows.size() / titles.size();
  std::vector<Query> queries;
  for (size_t i = 0; i < titles.size(); ++i) {
    queries.push_back(
        {std::span(rows).subspan(i * width, width), titles.subspan(i, 1), bundle_.listed()});
  }
  return by_vectors ? directions().search(queries, k) : search(queries, k);
}

// → [titles, dim] of length 1.
std::vector<float> Ranker::units_of(std::span<const uint32_t> titles) const {
  const auto dim = static_cast<size_t>(bundle_.facts().dim);
  std::vector<float> rows(titles.size() * dim);
  for (size_t i = 0; i < titles.size(); ++i) {
    write_unit(bundle_.vector(titles[i]), rows.data() + i * dim);
  }
  return rows;
}

// → [titles, width]: users with a history of one title each.
std::vector<float> Ranker::histories_of(std::span<const uint32_t> titles) const {
  std::vector<UserHistory> users;
  for (const uint32_t title : titles) users.push_back({{title}, {1.0F}, {0.0F}});
  return encode(users);
}

}  // namespace marquee::inference
