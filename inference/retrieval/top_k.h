// Exact maximum inner product search: the best k titles for each member, by one blocked scan of the
// title vectors. Scores are never stored for the whole catalogue.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

namespace marquee::inference {

struct ScoredTitle {
  uint32_t title = 0;  // 0: no title
  float score = 0;
  bool operator==(const ScoredTitle&) const = default;
};

// Where a title would stand in the full ranking of one member: how many score higher and how many
// others score the same, left-out titles not counted.
struct RankCounts {
  int64_t higher = 0;
  int64_t equal = 0;
  double rank() const { return static_cast<double>(higher) + 0.5 * static_cast<double>(equal); }
};

// One member's query. `excluded`: ascending title indices, left out of the search and of ranks.
// `allowed`: a bitmap over titles (bit i of word i / 64), or empty for all; shared by queries that
// have the same filters.
struct Query {
  std::span<const float> vector;  // [dim]
  std::span<const uint32_t> excluded;
  std::span<const uint64_t> allowed;
};

class PackedTitles;

// The instruction sets that the scan is written for; the best one the processor has is used.
enum class InstructionSet { kGeneric, kAvx2, kAvx512 };
InstructionSet best_instruction_set();
const char* name(InstructionSet set);

// Title vectors, packed for the scan. Row 0 is padding and never returned.
class TitleIndex {
 public:
  // vectors: [titles + 1, dim] row-major; row 0 is not read. Throws Error if dim is below 1, the
  // size is no multiple of it, a value is not finite or this processor lacks the instructions.
  TitleIndex(std::span<const float> vectors, int dim,
             InstructionSet instructions = best_instruction_set());

  int dim() const;
  int64_t titles() const;

  // Best k titles of each query, by score descending, equal scores by smaller index. A result has
  // fewer than k where fewer are left. A title's score does not depend on which queries share the
  // call. Scans on up to thread_count() threads. Safe to call from several threads.
  // Throws Error, as the other two do, if k is below 1 or a query has another length than dim(), a
  // value that is not finite or values so large that a score could overflow.
  std::vector<std::vector<ScoredTitle>> search(std::span<const Query> queries, int k) const;

  // For each query, the rank of each of its targets among all titles that are not excluded and
  // allowed; a target counts even where it is excluded itself. Scores are those of search().
  std::vector<std::vector<RankCounts>> rank(std::span<const Query> queries,
                                            std::span<const std::vector<uint32_t>> targets) const;

  // The score of single titles, equal to the bit to what search() gives them.
  void score(std::span<const float> member, std::span<const uint32_t> titles,
             std::span<float> scores) const;

 private:
  std::shared_ptr<const PackedTitles> titles_;
};

}  // namespace marquee::inference
