#include "inference/retrieval/score_rows.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "core/error.h"
#include "core/text.h"
#include "core/threads.h"
#include "inference/retrieval/best_titles.h"
#include "inference/retrieval/title_bitmap.h"

namespace marquee::inference {

namespace {

constexpr int64_t kQueriesABlock = 4;

std::vector<ScoredTitle> best_of(const Query& query, int64_t titles, int64_t k) {
  BestTitles best(k);
  for (int64_t title = 1; title <= titles; ++title) {
    const float score = query.user[static_cast<size_t>(title)];
    if (score > best.threshold() && is_eligible(query, static_cast<uint32_t>(title))) {
      best.add(static_cast<uint32_t>(title), score);
    }
  }
  return best.sorted();
}

std::vector<RankCounts> ranks_of(const Query& query, int64_t titles,
                                 std::span<const uint32_t> targets) {
  // Ineligible titles score NaN, which counts nowhere.
  std::vector<float> scores(query.user.begin(), query.user.begin() + titles + 1);
  scores[0] = std::numeric_limits<float>::quiet_NaN();
  for (const uint32_t title : query.excluded) {
    if (title <= titles) scores[title] = std::numeric_limits<float>::quiet_NaN();
  }
  if (!query.allowed.empty()) {
    for (int64_t title = 1; title <= titles; ++title) {
      if (!contains(query.allowed, title)) {
        scores[static_cast<size_t>(title)] = std::numeric_limits<float>::quiet_NaN();
      }
    }
  }
  std::vector<RankCounts> ranks;
  for (const uint32_t target : targets) {
    const float own = query.user[target];
    RankCounts counts;
    for (const float score : scores) {
      counts.higher += score > own;
      counts.equal += score == own;
    }
    counts.equal -= is_eligible(query, target);  // itself
    ranks.push_back(counts);
  }
  return ranks;
}

}  // namespace

void ScoreRows::check(const Query& query) const {
  if (std::cmp_not_equal(query.user.size(), width())) {
    throw Error(cat("query of ", query.user.size(), " scores for ", titles_, " titles"));
  }
  if (!std::all_of(query.user.begin() + 1, query.user.end(),
                   [](float score) { return std::isfinite(score); })) {
    throw Error("a score is not finite");
  }
  check_bitmap(query, titles_);
}

void ScoreRows::check(uint32_t title) const {
  if (title < 1 || title > titles_) throw Error(cat("title ", title, " of ", titles_));
}

std::vector<std::vector<ScoredTitle>> ScoreRows::search(std::span<const Query> queries,
                                                        int k) const {
  if (k < 1) throw Error(cat("k is ", k, ", must be at least 1"));
  for (const Query& query : queries) check(query);
  const int64_t most = std::min<int64_t>(k, titles_);
  std::vector<std::vector<ScoredTitle>> found(queries.size());
  parallel_for(std::ssize(queries), kQueriesABlock, [&](int64_t begin, int64_t end) {
    for (auto i = static_cast<size_t>(begin); i < static_cast<size_t>(end); ++i) {
      found[i] = best_of(queries[i], titles_, most);
    }
  });
  return found;
}

std::vector<std::vector<RankCounts>> ScoreRows::rank(
    std::span<const Query> queries, std::span<const std::vector<uint32_t>> targets) const {
  if (targets.size() != queries.size()) {
    throw Error(cat(targets.size(), " lists of targets for ", queries.size(), " queries"));
  }
  for (const Query& query : queries) check(query);
  for (const auto& list : targets) {
    for (const uint32_t title : list) check(title);
  }
  std::vector<std::vector<RankCounts>> ranks(queries.size());
  parallel_for(std::ssize(queries), kQueriesABlock, [&](int64_t begin, int64_t end) {
    for (auto i = static_cast<size_t>(begin); i < static_cast<size_t>(end); ++i) {
      ranks[i] = ranks_of(queries[i], titles_, targets[i]);
    }
  });
  return ranks;
}

void ScoreRows::score(std::span<const float> user, std::span<const uint32_t> titles,
                      std::span<float> scores) const {
  check({user, {}, {}});
  for (const uint32_t title : titles) check(title);
  for (size_t i = 0; i < titles.size(); ++i) scores[i] = user[titles[i]];
}

}  // namespace marquee::inference
