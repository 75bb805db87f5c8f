// Exact maximum inner product search: the best k titles for each user, by one blocked scan of the
// title vectors, in bytes first where the processor multiplies them faster (coarse_titles.h).
// Scores are never stored for all titles at once.
#pragma once

#include <memory>

#include "inference/retrieval/retrieval.h"

namespace marquee::inference {

class PackedTitles;

// The instruction sets that the scan is written for; the best one the processor has is used.
enum class InstructionSet { kGeneric, kAvx2, kAvx512, kAvx512Vnni, kAmx };
InstructionSet best_instruction_set();
const char* name(InstructionSet set);

// Title vectors, packed for the scan. Row 0 is padding and never returned.
class TitleIndex : public Retrieval {
 public:
  // vectors: [titles + 1, dim] row-major; row 0 is not read. Throws Error if dim is below 1, the
  // size is no multiple of it, a value is not finite or this processor lacks the instructions.
  TitleIndex(std::span<const float> vectors, int dim,
             InstructionSet instructions = best_instruction_set());

  int dim() const;
  int64_t width() const override { return dim(); }
  int64_t titles() const override;

  // Queries must not hold values so large that a score could overflow: Error.
  std::vector<std::vector<ScoredTitle>> search(std::span<const Query> queries,
                                               int k) const override;
  std::vector<std::vector<RankCounts>> rank(
      std::span<const Query> queries,
      std::span<const std::vector<uint32_t>> targets) const override;
  void score(std::span<const float> user, std::span<const uint32_t> titles,
             std::span<float> scores) const override;

 private:
  std::shared_ptr<const PackedTitles> titles_;
};

}  // namespace marquee::inference
