// The stage between ranking and answer: which of the best titles make a list that is not all of one
// kind. Called for answers, for pages and by evaluation, so that what is evaluated is what is
// served.
#pragma once

#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "inference/bundle.h"
#include "inference/diversity/calibration.h"
#include "inference/diversity/exposure_floors.h"
#include "inference/diversity/list_rules.h"
#include "inference/diversity/selection.h"
#include "inference/ranker.h"

namespace marquee::inference {

// How titles are chosen (selection.h), by the name that configurations and requests give it.
enum class DiversityMethod {
  kMarginalRelevance,  // "mmr"
  kSumOfDistances,     // "msd"
  kDeterminantal,      // "dpp"
  kSlidingSpectrum,    // "ssd"
  kCalibrated,         // "calibrated": by the genres of the user's history (calibration.h)
  kExplicit,           // "xquad": by how much of the history is of rarely watched titles
};
inline constexpr int kDiversityMethods = 6;
const char* name(DiversityMethod method);
std::optional<DiversityMethod> diversity_method(std::string_view name);

// What a list is made of.
struct Diversity {
  float strength = 0;  // 0: the ranking as it is, to 1
  DiversityMethod method = DiversityMethod::kSumOfDistances;
  bool by_vectors = false;  // titles are compared by the model's vectors; else by their genres
  int depth = 5;            // candidates for each place of the list
  int recent = 0;           // titles of the last page that the list is to differ from, at most
  float dislikes = 0;       // how far titles sink that are like those that the user disliked
  int disliked = 20;        // newest of these that count
  ListRules rules = {};
  FloorSettings floors = {};  // over many lists

  bool active() const {  // else the ranking stays
    return strength > 0 || dislikes > 0 || rules.any() || floors.any();
  }
};

// Whom a list is for, and what it comes after.
struct ListContext {
  std::span<const uint32_t> history = {};   // titles that the user watched
  std::span<const uint32_t> recent = {};    // titles that they have just seen, oldest first
  std::span<const uint32_t> disliked = {};  // disliked_titles()
  const TitleBonuses* bonuses = nullptr;    // of groups that are behind their floors; null: none
};

// The titles that candidates are to sink for, newest first: each disliked as its newest event with
// a signal says. Empty where dislikes do not count.
std::vector<uint32_t> disliked_titles(const UserHistory& history, const Diversity& diversity);

struct VariedList {
  std::vector<ScoredTitle> titles;
  uint32_t relaxed = 0;  // rules that could not be kept, bits of kRelaxed
};

// Safe to use from several threads.
class Diversifier {
 public:
  // The bundle must outlive this.
  explicit Diversifier(const Bundle& bundle);

  // How many of the best titles a list of k is chosen from.
  static int candidates(const Diversity& diversity, int k);

  // k of the candidates, which come best first; fewer if there are not as many. What is worth more
  // comes first still where no titles are similar. Methods that compare titles take those of
  // context.recent as the places before the list.
  VariedList choose(std::span<const ScoredTitle> candidates, int k, const Diversity& diversity,
                    const ListContext& context = {}) const;

 private:
  // The candidates in the order in which they are worth something to somebody with these dislikes.
  std::vector<ScoredTitle> sunk(std::span<const ScoredTitle> candidates, float dislikes,
                                std::span<const uint32_t> disliked) const;
  VariedList with_bonuses(std::span<const ScoredTitle> candidates, size_t most,
                          const Diversity& diversity, const ListContext& context) const;
  std::vector<uint32_t> order(std::span<const ScoredTitle> candidates, size_t k,
                              const Diversity& diversity, const ListContext& context) const;
  std::vector<uint32_t> by_similarity(std::span<const ScoredTitle> candidates, size_t k,
                                      const Diversity& diversity,
                                      std::span<const uint32_t> recent) const;
  ShareTable shares(std::span<const uint32_t> titles, DiversityMethod method) const;
  // → [titles, width], of length 1 or 0
  std::vector<float> vectors_of(std::span<const uint32_t> titles, bool by_vectors) const;
  size_t width(bool by_vectors) const;

  const Bundle& bundle_;
  int newest_ = 0;             // year of the newest title
  std::vector<char> is_tail_;  // [titles + 1]: those that are watched least, half of all watches
};

}  // namespace marquee::inference
