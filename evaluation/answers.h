// What one bundle answers for the test users. Only this part of evaluation runs inference:
// everything after it is arithmetic on the ranks.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "evaluation/candidates.h"
#include "evaluation/test_users.h"
#include "evaluation/title_map.h"
#include "inference/bundle.h"
#include "inference/diversity/diversifier.h"

namespace marquee::evaluation {

inline constexpr int kListLength = 10;  // of recommendations looked at for beyond accuracy

// Ranks say how many titles score higher than a target, and how many others the same.
using Ranks = std::vector<inference::RankCounts>;
inline constexpr inference::RankCounts kUnranked{.higher = -1, .equal = 0};

// Lists that are more varied, and ranks of targets where they come first and the other titles
// follow in the order of the ranking.
struct DiversifiedAnswers {
  Ranks full_ranks;             // [targets]
  std::vector<uint32_t> lists;  // [users, kListLength]
};

struct Answers {
  Ranks full_ranks;       // [targets] among all titles but those in the history
  Ranks sampled_ranks;    // [targets] among sampled_negatives()
  Ranks candidate_ranks;  // [targets] kUnranked where the file has no rows for the user
  std::vector<float> predicted_ratings;  // [targets] NaN where none was given; empty: not predicted
  std::vector<uint32_t> lists;           // [users, kListLength] dataset titles, 0: no more titles
  std::vector<DiversifiedAnswers> diversified;  // [Questions::diversities]

  std::span<const uint32_t> list(int64_t test_user) const {
    return std::span(lists).subspan(static_cast<size_t>(test_user) * kListLength, kListLength);
  }
};

// The input that all bundles of a report share.
struct Questions {
  const data::Dataset& dataset;
  const TestUsers& test_users;
  const TestUsers* with_dislikes = nullptr;            // none: not measured
  const Candidates* candidates = nullptr;              // none: no such protocol
  std::vector<inference::Diversity> diversities = {};  // for each of which lists are made as well
  uint64_t seed = 1;                                   // of sampled_99
  int64_t users_at_once = 4'096;                       // fewer where their encodings are wide
};

// `on_progress` gets the number of users that are done. Works in ranges of users, so that memory
// holds the answers and one range.
// Throws Error (artefact) where a score is not finite: such scores have no order.
Answers answer(const inference::Bundle& bundle, const TitleMap& titles, const Questions& questions,
               const std::function<void(int64_t)>& on_progress);

}  // namespace marquee::evaluation
