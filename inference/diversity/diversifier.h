// The stage between ranking and answer: which of the best titles make a list that is not all of one
// kind. Called for answers, for pages and by evaluation, so that what is evaluated is what is
// served.
#pragma once

#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "inference/bundle.h"
#include "inference/diversity/selection.h"

namespace marquee::inference {

// How titles are chosen (selection.h), by the name that configurations and requests give it.
enum class DiversityMethod {
  kMarginalRelevance,  // "mmr"
  kSumOfDistances,     // "msd"
  kDeterminantal,      // "dpp"
  kSlidingSpectrum,    // "ssd"
};
inline constexpr int kDiversityMethods = 4;
const char* name(DiversityMethod method);
std::optional<DiversityMethod> diversity_method(std::string_view name);

// What a list is made of.
struct Diversity {
  float strength = 0;  // 0: the ranking as it is, to 1
  DiversityMethod method = DiversityMethod::kSumOfDistances;
  bool by_vectors = false;  // titles are compared by the model's vectors; else by their genres
  int depth = 5;            // candidates for each place of the list
};

// Safe to use from several threads.
class Diversifier {
 public:
  // The bundle must outlive this.
  explicit Diversifier(const Bundle& bundle) : bundle_(bundle) {}

  // How many of the best titles a list of k is chosen from.
  static int candidates(const Diversity& diversity, int k);

  // k of the candidates, which come best first; fewer if there are not as many. What is worth more
  // comes first still where no titles are similar. `recent`: titles that the user has just seen,
  // oldest first, which the sliding spectrum takes as the places before the list.
  std::vector<ScoredTitle> choose(std::span<const ScoredTitle> candidates, int k,
                                  const Diversity& diversity,
                                  std::span<const uint32_t> recent = {}) const;

 private:
  // → [titles, width], of length 1 or 0
  std::vector<float> vectors_of(std::span<const uint32_t> titles, bool by_vectors) const;
  size_t width(bool by_vectors) const;

  const Bundle& bundle_;
};

}  // namespace marquee::inference
