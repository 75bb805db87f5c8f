// Ranks titles for users: TitleIndex (top_k.h) if a user is a vector and a score an inner product,
// ScoreRows (score_rows.h) if a model gives a score for every title.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace marquee::inference {

struct ScoredTitle {
  uint32_t title = 0;  // 0: no title
  float score = 0;
  bool operator==(const ScoredTitle&) const = default;
};

// The order of all rankings: the higher score first, of equal scores the smaller index. (BestTitles
// keeps the same order in its keys.)
inline bool ranks_before(const ScoredTitle& a, const ScoredTitle& b) {
  return a.score > b.score || (a.score == b.score && a.title < b.title);
}

// The place of a title in the full ranking of one user: how many titles score higher and how many
// others score the same, among those that are eligible.
struct RankCounts {
  int64_t higher = 0;
  int64_t equal = 0;

  bool operator==(const RankCounts&) const = default;
  // Over all orders of tied titles, from 0.
  double mean_rank() const {
    return static_cast<double>(higher) + 0.5 * static_cast<double>(equal);
  }
};

// One user's query. `excluded`: ascending title indices, left out of the search and of ranks.
// `allowed`: a bitmap over titles (bit i of word i / 64), or empty for all; shared by queries that
// have the same filters.
struct Query {
  std::span<const float> user;  // [width]
  std::span<const uint32_t> excluded;
  std::span<const uint64_t> allowed;
};

// Every call throws Error if a query has another length than width(), a value that is not finite or
// a bitmap too short for the titles. Safe to use from several threads.
class Retrieval {
 public:
  virtual ~Retrieval() = default;

  virtual int64_t width() const = 0;   // values of an encoded user
  virtual int64_t titles() const = 0;  // 1 to titles(); 0 is padding and never returned

  // Best k titles of each query, by score descending, equal scores by smaller index. A result has
  // fewer than k where fewer are left. A title's score does not depend on which queries share the
  // call. Works on up to thread_count() threads. Throws Error if k is below 1.
  virtual std::vector<std::vector<ScoredTitle>> search(std::span<const Query> queries,
                                                       int k) const = 0;

  // For each query, the rank of each of its targets among all eligible titles; a target is ranked
  // even if it is excluded itself. Scores are those of search().
  virtual std::vector<std::vector<RankCounts>> rank(
      std::span<const Query> queries, std::span<const std::vector<uint32_t>> targets) const = 0;

  // The score of single titles, equal to the bit to what search() gives them.
  virtual void score(std::span<const float> user, std::span<const uint32_t> titles,
                     std::span<float> scores) const = 0;
};

// Whether the title is allowed and not excluded.
bool is_eligible(const Query& query, uint32_t title);

// Throws Error if the query's bitmap is too short.
void check_bitmap(const Query& query, int64_t titles);

}  // namespace marquee::inference
