// Selection is fused into the scan: a score is looked at again only if it beats the query's running
// threshold (best_titles.h), and only then are the filters checked (title_filter.h). How scores are
// computed is in scan_kernel.h, how threads share the work in title_scan.h.
#include "inference/retrieval/top_k.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "core/error.h"
#include "core/text.h"
#include "inference/retrieval/best_titles.h"
#include "inference/retrieval/coarse_search.h"
#include "inference/retrieval/packed_titles.h"
#include "inference/retrieval/title_filter.h"
#include "inference/retrieval/title_scan.h"

namespace marquee::inference {

namespace {

using Found = std::vector<ScoredTitle>;
using Ranks = std::vector<RankCounts>;

void check(const PackedTitles& titles, std::span<const Query> queries) {
  for (const Query& query : queries) {
    titles.check(query.user);
    check_bitmap(query, titles.titles());
  }
}

std::vector<TitleFilter> filters_of(const PackedTitles& titles, std::span<const Query> queries,
                                    int64_t first_block) {
  std::vector<TitleFilter> filters;
  filters.reserve(queries.size());
  for (const Query& query : queries) filters.emplace_back(query, titles.titles(), first_block);
  return filters;
}

// Blocks of one step of a search: with several tiles as much as stays in the first cache from one
// tile to the next, with one tile as much as a call takes.
int search_step(const PackedTitles& titles, const QueryTiles& tiles) {
  constexpr int64_t kCacheBytes = 16384;
  const int64_t block_bytes = int64_t{titles.dim()} * kBlockTitles * int64_t{sizeof(float)};
  if (tiles.tiles().size() == 1) return kStepBlocks;
  return static_cast<int>(std::clamp<int64_t>(kCacheBytes / block_bytes, 1, kStepBlocks));
}

// queries: those of the part. found: one a query.
void exact_search(const PackedTitles& titles, const ScanPart& part, std::span<const Query> queries,
                  int64_t k, Found* found) {
  const QueryTiles tiles(queries, titles.dim(), titles.kernel().max_rows);
  std::vector<TitleFilter> filters = filters_of(titles, queries, part.first_block);
  std::vector<BestTitles> best;
  best.reserve(queries.size());
  for (size_t i = 0; i < queries.size(); ++i) best.emplace_back(k);
  std::vector<float> thresholds(queries.size(), -std::numeric_limits<float>::infinity());

  scan_titles(titles, part, tiles, thresholds.data(), search_step(titles, tiles),
              [&](const ScanStep& step) {
                for_each_bit(step.hits, [&](int row) {
                  const auto query = static_cast<size_t>(step.first_row + row);
                  for (int b = 0; b < step.blocks; ++b) {
                    uint32_t hits = step.masks[row * kStepBlocks + b];
                    if (hits == 0) continue;
                    const int64_t block = step.first_block + b;
                    const auto title = static_cast<uint32_t>(block * kBlockTitles);
                    const float* scores = step.scores + row * kStepTitles + b * kBlockTitles;
                    hits &= filters[query].mask(block);
                    for_each_bit(hits, [&](int lane) {
                      best[query].add(title + static_cast<uint32_t>(lane), scores[lane]);
                    });
                    thresholds[query] = best[query].threshold();
                  }
                });
              });
  for (size_t i = 0; i < queries.size(); ++i) found[i] = best[i].sorted();
}

void search_part(const PackedTitles& titles, const ScanPart& part, std::span<const Query> queries,
                 int64_t k, Found* found) {
  if (!coarse_search_pays(titles, k)) return exact_search(titles, part, queries, k, found);
  for (const size_t query : coarse_search(titles, part, queries, k, found)) {
    exact_search(titles, part, queries.subspan(query, 1), k, found + query);
  }
}

// The best k of what the chunks found for one query.
Found merge(std::span<const std::vector<Found>> chunks, size_t query, int64_t k) {
  Found all;
  for (const auto& chunk : chunks) {
    all.insert(all.end(), chunk[query].begin(), chunk[query].end());
  }
  std::sort(all.begin(), all.end(), ranks_before);
  if (std::cmp_greater(all.size(), k)) all.resize(static_cast<size_t>(k));
  return all;
}

// Sets the scores of ineligible titles to NaN, which counts nowhere.
void blank_ineligible(TitleFilter& filter, const ScanStep& step, float* scores) {
  if (filter.passes(step.first_block, step.blocks)) return;
  for (int b = 0; b < step.blocks; ++b) {
    for_each_bit(~filter.mask(step.first_block + b), [&](int lane) {
      scores[b * kBlockTitles + lane] = std::numeric_limits<float>::quiet_NaN();
    });
  }
}

// The scores of one query's targets, and how many titles were counted above and equal to each.
struct TargetCounts {
  std::vector<float> scores;
  std::vector<int64_t> higher;
  std::vector<int64_t> equal;
};

// Counts the part's titles into counts: one a query of the part.
void count_part(const PackedTitles& titles, const ScanPart& part, std::span<const Query> queries,
                TargetCounts* counts) {
  const QueryTiles tiles(queries, titles.dim(), titles.kernel().max_rows);
  std::vector<TitleFilter> filters = filters_of(titles, queries, part.first_block);
  const std::vector<float> no_hits(queries.size(), std::numeric_limits<float>::infinity());
  scan_titles(titles, part, tiles, no_hits.data(), kStepBlocks, [&](const ScanStep& step) {
    for (int row = 0; row < step.rows; ++row) {
      const auto query = static_cast<size_t>(step.first_row + row);
      float* scores = step.scores + row * kStepTitles;
      blank_ineligible(filters[query], step, scores);
      TargetCounts& count = counts[query];
      titles.kernel().count(scores, step.blocks * kBlockTitles, count.scores.data(),
                            static_cast<int>(count.scores.size()), count.higher.data(),
                            count.equal.data());
    }
  });
}

TargetCounts targets_of(const PackedTitles& titles, const Query& query,
                        std::span<const uint32_t> targets) {
  TargetCounts counts;
  std::vector<ScoredTitle> scored;
  for (const uint32_t target : targets) {
    titles.check(target);
    scored.push_back({target, 0});
  }
  titles.score(query.user, scored);
  for (const ScoredTitle& each : scored) counts.scores.push_back(each.score);
  counts.higher.resize(targets.size());
  counts.equal.resize(targets.size());
  return counts;
}

}  // namespace

TitleIndex::TitleIndex(std::span<const float> vectors, int dim, InstructionSet instructions)
    : titles_(std::make_shared<const PackedTitles>(vectors, dim, instructions)) {}

int TitleIndex::dim() const { return titles_->dim(); }
int64_t TitleIndex::titles() const { return titles_->titles(); }

std::vector<Found> TitleIndex::search(std::span<const Query> queries, int k) const {
  if (k < 1) throw Error(cat("k is ", k, ", must be at least 1"));
  check(*titles_, queries);
  const int64_t most = std::min<int64_t>(k, titles());
  const ScanPlan plan(*titles_, static_cast<int64_t>(queries.size()));
  std::vector<std::vector<Found>> found(static_cast<size_t>(plan.chunks()),
                                        std::vector<Found>(queries.size()));
  plan.for_each_part([&](const ScanPart& part) {
    const auto first = static_cast<size_t>(part.first_query);
    search_part(*titles_, part, queries.subspan(first, static_cast<size_t>(part.end_query) - first),
                most, found[static_cast<size_t>(part.chunk)].data() + first);
  });
  if (plan.chunks() == 1) return std::move(found.front());
  std::vector<Found> best(queries.size());
  for (size_t i = 0; i < queries.size(); ++i) best[i] = merge(found, i, most);
  return best;
}

std::vector<Ranks> TitleIndex::rank(std::span<const Query> queries,
                                    std::span<const std::vector<uint32_t>> targets) const {
  check(*titles_, queries);
  if (targets.size() != queries.size()) {
    throw Error(cat(targets.size(), " lists of targets for ", queries.size(), " queries"));
  }
  const ScanPlan plan(*titles_, static_cast<int64_t>(queries.size()));
  std::vector<TargetCounts> none(queries.size());
  for (size_t i = 0; i < queries.size(); ++i)
    none[i] = targets_of(*titles_, queries[i], targets[i]);
  std::vector<std::vector<TargetCounts>> counts(static_cast<size_t>(plan.chunks()), none);
  plan.for_each_part([&](const ScanPart& part) {
    const auto first = static_cast<size_t>(part.first_query);
    count_part(*titles_, part, queries.subspan(first, static_cast<size_t>(part.end_query) - first),
               counts[static_cast<size_t>(part.chunk)].data() + first);
  });

  std::vector<Ranks> ranks(queries.size());
  for (size_t i = 0; i < queries.size(); ++i) {
    for (size_t j = 0; j < targets[i].size(); ++j) {
      RankCounts rank;
      for (const auto& chunk : counts) {
        rank.higher += chunk[i].higher[j];
        rank.equal += chunk[i].equal[j];
      }
      rank.equal -= is_eligible(queries[i], targets[i][j]);  // itself
      ranks[i].push_back(rank);
    }
  }
  return ranks;
}

void TitleIndex::score(std::span<const float> user, std::span<const uint32_t> titles,
                       std::span<float> scores) const {
  titles_->check(user);
  for (const uint32_t title : titles) titles_->check(title);
  std::vector<ScoredTitle> scored;
  for (const uint32_t title : titles) scored.push_back({title, 0});
  titles_->score(user, scored);
  for (size_t i = 0; i < titles.size(); ++i) scores[i] = scored[i].score;
}

}  // namespace marquee::inference
