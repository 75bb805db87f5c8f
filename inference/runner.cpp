#include "inference/runner.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

#include "core/text.h"
#include "core/threads.h"
#include "inference/contexts.h"
#include "inference/reason_texts.h"
#include "inference/user.h"

namespace marquee::inference {

namespace {

constexpr int kUsersAtOnce = 256;  // encoded
constexpr int64_t kGrain = 16;     // requests prepared or answered by one thread at a time

template <typename T>
std::vector<T> or_throw(std::vector<Result<T>> results) {
  std::vector<T> answers;
  answers.reserve(results.size());
  for (auto& result : results) {
    if (const auto* error = std::get_if<Error>(&result)) throw *error;
    answers.push_back(std::move(std::get<T>(result)));
  }
  return answers;
}

}  // namespace

struct Runner::Prepared : Ranking {
  std::optional<Error> error;
  std::vector<HistoryItem> stored;  // of a request that names a user
  UnknownTitles unknown;
  std::vector<uint32_t> titles;  // to predict ratings of
};

bool Ranking::is_allowed(uint32_t title) const { return !allowed || contains(*allowed, title); }

bool Ranking::is_eligible(uint32_t title) const {
  return is_allowed(title) && !std::binary_search(excluded.begin(), excluded.end(), title);
}

Runner::Runner(const Bundle& bundle, RunnerOptions options)
    : bundle_(bundle),
      ranker_(bundle, kUsersAtOnce, std::move(options.clusters)),
      filter_(bundle.titles()),
      reasons_(bundle, ranker_),
      diversifier_(bundle),
      diversity_(std::move(options.diversity)),
      seen_(options.seen),
      lookup_(std::move(options.lookup)) {
  const TitleTable& titles = bundle.titles();
  if (diversity_.floors.any()) {
    floors_ = std::make_unique<ExposureFloors>(titles, diversity_.floors);
  }
  most_watched_.resize(static_cast<size_t>(titles.size()));
  std::iota(most_watched_.begin(), most_watched_.end(), 1);
  std::stable_sort(most_watched_.begin(), most_watched_.end(), [&](uint32_t a, uint32_t b) {
    return titles[a].popularity > titles[b].popularity;
  });
}

Diversity Runner::diversity(const Request& request) const {
  if (request.as_ranked) return {};
  Diversity diversity = diversity_;
  diversity.strength = request.diversity.value_or(diversity.strength);
  return diversity;
}

template <typename RequestT>
std::vector<Runner::Prepared> Runner::prepare(std::span<const RequestT> requests) const {
  std::vector<Prepared> prepared(requests.size());
  const auto guarded = [&](size_t i, const auto& step) {
    if (prepared[i].error) return;
    try {
      step();
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::kInput) throw;
      prepared[i].error = error;
    }
  };
  for (size_t i = 0; i < requests.size(); ++i) {
    if (!requests[i].user_id) continue;
    guarded(i, [&, user = *requests[i].user_id] {
      if (!lookup_)
        throw Error("user_id: there are no stored histories here; give history instead");
      auto stored = lookup_(user);
      if (!stored) throw Error(cat("user_id: there is no user ", in_quotes(user)));
      prepared[i].stored = std::move(*stored);
    });
  }
  parallel_for(static_cast<int64_t>(requests.size()), kGrain, [&](int64_t begin, int64_t end) {
    for (auto i = static_cast<size_t>(begin); i < static_cast<size_t>(end); ++i) {
      guarded(i, [&] {
        const RequestT& request = requests[i];
        const auto& history = request.user_id ? prepared[i].stored : request.history;
        prepared[i].user = user_of(history, request.at, bundle_, prepared[i].unknown);
        if (request.user_id) {
          prepared[i].user.history.user = bundle_.user_number(*request.user_id);
        }
        prepare(request, prepared[i]);
      });
    }
  });
  return prepared;
}

void Runner::prepare(const Request& request, Prepared& prepared) const {
  if (!request.context.empty()) {
    if (bundle_.contexts() == nullptr) {
      throw Error("context: this bundle knows none; export it with --context COLUMN");
    }
    prepared.context = bundle_.contexts()->rows(request.context);
    if (context_weight(prepared.user.history.titles.size()) == 0) prepared.context.clear();
  }
  prepared.allowed = filter_.allowed(request.filters, request.at);
  if (!request.include_seen) prepared.excluded = left_out_titles(prepared.user, seen_);
  for (const auto& id : request.exclude) {
    if (const int64_t title = bundle_.titles().find(id); title != 0) {
      prepared.excluded.push_back(static_cast<uint32_t>(title));
    } else {
      prepared.unknown.add(id);
    }
  }
  std::sort(prepared.excluded.begin(), prepared.excluded.end());
}

void Runner::prepare(const PredictRequest& request, Prepared& prepared) const {
  for (const auto& id : request.titles) {
    const int64_t title = bundle_.titles().find(id);
    if (title != 0 && title <= bundle_.trained_titles()) {
      prepared.titles.push_back(static_cast<uint32_t>(title));
    } else {
      prepared.unknown.add(id);
    }
  }
}

std::vector<Result<Ranking>> Runner::try_rank(std::span<const Request> requests) const {
  std::vector<Prepared> prepared = prepare(requests);
  std::vector<size_t> valid;  // requests without an error
  std::vector<UserHistory> users;
  int most = 1;
  for (size_t i = 0; i < requests.size(); ++i) {
    if (prepared[i].error) continue;
    valid.push_back(i);
    users.push_back(prepared[i].user.history);
    most = std::max(most, candidates(requests[i]));
    if (!prepared[i].context.empty()) most = std::max(most, kContextDepth);
  }
  const std::vector<float> rows = ranker_.encode(users);
  const auto width = static_cast<size_t>(ranker_.width());
  std::vector<Query> queries;
  for (size_t row = 0; row < valid.size(); ++row) {
    const Prepared& one = prepared[valid[row]];
    queries.push_back({std::span(rows).subspan(row * width, width), one.excluded,
                       one.allowed ? std::span(*one.allowed) : std::span<const uint64_t>()});
  }
  auto found = ranker_.search(queries, most);

  std::vector<Result<Ranking>> results(requests.size());
  for (size_t i = 0; i < requests.size(); ++i) {
    if (prepared[i].error) results[i] = *prepared[i].error;
  }
  std::optional<TitleBonuses> bonuses;
  if (floors_) bonuses = floors_->bonuses();
  parallel_for(std::ssize(valid), kGrain, [&](int64_t begin, int64_t end) {
    for (auto row = static_cast<size_t>(begin); row < static_cast<size_t>(end); ++row) {
      const size_t i = valid[row];
      Prepared& one = prepared[i];
      one.unknown_titles = one.unknown.take();
      const auto user = std::span(rows).subspan(row * width, width);
      one.encoded.assign(user.begin(), user.end());
      one.best = std::move(found[row]);
      rank_in_context(one);
      make_list(requests[i], std::move(one.best), bonuses ? &*bonuses : nullptr, one);
      results[i] = static_cast<Ranking&&>(std::move(one));
    }
  });
  if (floors_) count_shown(requests, results);
  return results;
}

void Runner::rank_in_context(Ranking& ranking) const {
  if (ranking.context.empty()) return;
  inference::rank_in_context(ranking.best, *bundle_.contexts(), ranking.context,
                             context_weight(ranking.user.history.titles.size()));
}

void Runner::count_shown(std::span<const Request> requests,
                         std::span<const Result<Ranking>> rankings) const {
  std::vector<std::vector<ScoredTitle>> lists;
  for (size_t i = 0; i < requests.size(); ++i) {
    const auto* ranking = std::get_if<Ranking>(&rankings[i]);
    if (ranking != nullptr && !requests[i].as_ranked) lists.push_back(ranking->best);
  }
  floors_->shown(lists);
}

// How many of the best titles a list is made of.
int Runner::candidates(const Request& request) const {
  constexpr int kMayComeLast = 3;  // times the list's length, of which some may come last
  const int wanted = Diversifier::candidates(diversity(request), request.k);
  if (!request.comes_last) return wanted;
  return std::max(wanted, std::min(kMayComeLast * request.k, kMaxTitlesAnswered));
}

// Titles that come last are in the list only if there are too few others.
void Runner::make_list(const Request& request, std::vector<ScoredTitle> candidates,
                       const TitleBonuses* bonuses, Ranking& ranking) const {
  const auto k = static_cast<size_t>(request.k);
  candidates.resize(std::min(candidates.size(), static_cast<size_t>(this->candidates(request))));
  size_t first = candidates.size();
  if (request.comes_last) {
    const auto last = std::ranges::stable_partition(candidates, [&](const ScoredTitle& each) {
      return !request.comes_last(bundle_.titles()[each.title].id);
    });
    first -= last.size();
  }
  const Diversity diversity = this->diversity(request);
  const std::vector<uint32_t> disliked = disliked_titles(ranking.user.history, diversity);
  VariedList list = diversifier_.choose(
      std::span(candidates).first(first), request.k, diversity,
      {.history = ranking.user.history.titles, .disliked = disliked, .bonuses = bonuses});
  for (size_t i = first; i < candidates.size() && list.titles.size() < k; ++i) {
    list.titles.push_back(candidates[i]);
  }
  ranking.best = std::move(list.titles);
  ranking.relaxed = list.relaxed;
}

std::vector<Result<Answer>> Runner::try_recommend(std::span<const Request> requests) const {
  std::vector<Result<Ranking>> rankings = try_rank(requests);
  std::vector<Result<Answer>> results(requests.size());
  std::vector<Reasons::List> lists(requests.size());
  for (size_t i = 0; i < requests.size(); ++i) {
    const auto* ranking = std::get_if<Ranking>(&rankings[i]);
    if (ranking != nullptr) lists[i] = {&ranking->user, ranking->best};
  }
  std::vector<std::vector<float>> contributions = reasons_.contributions(lists);
  parallel_for(static_cast<int64_t>(requests.size()), kGrain, [&](int64_t begin, int64_t end) {
    for (auto i = static_cast<size_t>(begin); i < static_cast<size_t>(end); ++i) {
      if (const auto* error = std::get_if<Error>(&rankings[i])) {
        results[i] = *error;
      } else {
        results[i] = answer(requests[i], std::get<Ranking>(rankings[i]), contributions[i]);
      }
    }
  });
  return results;
}

Answer Runner::answer(const Request& request, Ranking& ranking,
                      std::vector<float>& contributions) const {
  Answer answer{.id = request.id,
                .model = bundle_.name(),
                .items = {},
                .unknown_titles = std::move(ranking.unknown_titles),
                .relaxed = relaxed_names(ranking.relaxed)};
  auto reasons = reasons_.explain({&ranking.user, ranking.best}, std::move(contributions));
  answer.items.reserve(ranking.best.size());
  for (size_t place = 0; place < ranking.best.size(); ++place) {
    answer.items.push_back(named(ranking.best[place], std::move(reasons[place])));
  }
  return answer;
}

Answer Runner::popular(const Request& request) const {
  Prepared prepared = std::move(prepare(std::span(&request, 1)).front());
  if (prepared.error) throw *prepared.error;
  Answer answer{request.id, bundle_.name(), {}, prepared.unknown.take(), /*degraded=*/true};
  for (const uint32_t title : most_watched_) {
    if (answer.items.size() == static_cast<size_t>(request.k)) break;
    if (!prepared.is_eligible(title)) continue;
    const auto interactions = static_cast<float>(bundle_.titles()[title].popularity);
    answer.items.push_back(named({title, std::log1p(interactions)}, {kPopularReason}));
  }
  return answer;
}

std::vector<Result<PredictAnswer>> Runner::try_predict(
    std::span<const PredictRequest> requests) const {
  std::vector<Prepared> prepared = prepare(requests);
  std::vector<size_t> valid;
  std::vector<UserHistory> users;
  std::vector<std::vector<uint32_t>> titles;
  for (size_t i = 0; i < requests.size(); ++i) {
    if (prepared[i].error) continue;
    valid.push_back(i);
    users.push_back(prepared[i].user.history);
    titles.push_back(prepared[i].titles);
  }
  std::vector<Result<PredictAnswer>> results(requests.size());
  for (size_t i = 0; i < requests.size(); ++i) {
    if (prepared[i].error) results[i] = *prepared[i].error;
  }
  const auto ratings = ranker_.predict_ratings(users, titles);
  for (size_t row = 0; row < valid.size(); ++row) {
    const size_t i = valid[row];
    PredictAnswer answer{requests[i].id, {}, prepared[i].unknown.take()};
    for (size_t j = 0; j < titles[row].size(); ++j) {
      answer.ratings.push_back({bundle_.titles()[titles[row][j]].id, ratings[row][j]});
    }
    results[i] = std::move(answer);
  }
  return results;
}

std::vector<Answer> Runner::recommend(std::span<const Request> requests) const {
  return or_throw(try_recommend(requests));
}

std::vector<PredictAnswer> Runner::predict(std::span<const PredictRequest> requests) const {
  return or_throw(try_predict(requests));
}

}  // namespace marquee::inference
