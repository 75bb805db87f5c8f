// Whom a privacy audit compares: members, whose histories a model was trained on, and as many
// people whom training has never seen, with histories of the same length.
#pragma once

#include <vector>

#include "data/dataset.h"
#include "inference/ranker.h"

namespace marquee::evaluation {

inline constexpr int kHistoryParts = 5;  // that histories are cut into
inline constexpr int64_t kLeastPairs = 30;
inline constexpr int64_t kMostPairs = 2'000;

struct Person {
  int64_t user = 0;
  bool member = false;
  inference::UserHistory history;  // all of it; ages before its newest event
  std::vector<uint32_t> titles;    // distinct, without negative feedback; at least kHistoryParts
  std::vector<uint8_t> parts;      // [titles] 0 to kHistoryParts - 1: drawn, of about equal size
};

struct People {
  std::vector<Person> all;                        // pairs: somebody held out, then the member
  double member_titles = 0, held_out_titles = 0;  // mean length

  int64_t pairs() const { return static_cast<int64_t>(all.size()) / 2; }
};

// Split `strong` draws the people that it holds out from all with enough events, those of its valid
// and of its test part. Each of them is paired with the member whose number of titles is
// nearest; nobody is in two pairs. At most kMostPairs, drawn. Throws Error if the dataset is of
// another split or gives fewer than kLeastPairs.
People find_people(const data::Dataset& dataset, uint64_t seed);

}  // namespace marquee::evaluation
