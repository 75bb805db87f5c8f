// Which rows a page has, in which order, and which titles are in them, where that is chosen by a
// policy instead of the rules of pages. A policy says with what probability it chose, so that what
// other policies would have earned can be estimated from the log.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "core/random.h"
#include "inference/runner.h"
#include "serving/pages/page_answer.h"

namespace marquee::serving {

// What a policy knows of a user, from 0 to 1 each.
inline constexpr std::array<const char*, 5> kUserFeatures{
    "always",    // 1
    "history",   // how much they watched, as a logarithm; 1 from 100 titles on
    "newcomer",  // 1: nothing that they liked is known
    "recency",   // exp(-days since the last event / 7); 0 without one
    "breadth",   // entropy of the genres of the positives, relative to the most that is possible
};
using UserFeatures = std::array<double, kUserFeatures.size()>;

UserFeatures user_features(const inference::Ranking& ranking,
                           const std::vector<inference::PositiveTitle>& positives,
                           const inference::TitleTable& titles);

struct Choice {
  size_t index = 0;       // of what was offered
  double propensity = 1;  // with which it was chosen, given what was chosen before it
};

// Safe to use from several threads.
class RowPolicy {
 public:
  virtual ~RowPolicy() = default;

  virtual const std::string& id() const = 0;  // in answers and in the log: "thompson@3f2a90"
  virtual uint64_t seed() const = 0;          // of the draws
  virtual int most_rows() const = 0;
  virtual size_t candidates() const = 0;  // of a row that fill() looks at, at most

  // Which of the rows offered, at least one, comes at a position (from 0).
  virtual Choice next_row(const UserFeatures& features, int position,
                          std::span<const RowKind> offered, RandomStream& random) const = 0;

  // The titles of a row, in order, out of candidates, best first: at most `slots` of them.
  virtual std::vector<Choice> fill(RowKind kind, std::span<const inference::ScoredTitle> candidates,
                                   size_t slots, RandomStream& random) const = 0;
};

}  // namespace marquee::serving
