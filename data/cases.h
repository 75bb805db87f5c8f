// Members to be judged: what a model is told of each, and what it has to find. Training validates
// on these cases and evaluation reports on them, so that both ask the same question.
#pragma once

#include <cstdint>
#include <vector>

#include "data/dataset.h"

namespace marquee::data {

// kValid: told train, to find valid. kTest: told train and valid, to find test. What split `strong`
// gives of a held-out member is told at both.
enum class Stage { kValid, kTest };

// One member at the moment of their first target.
struct Case {
  int64_t user = 0;
  std::vector<uint32_t> history;     // oldest first; never an event that is to be found
  std::vector<float> signals;        // [history] data::signal
  std::vector<float> ages;           // [history] seconds before the moment, 0 for what came later
  std::vector<uint32_t> targets;     // distinct, in order of time; none is in the history
  std::vector<float> target_values;  // [targets] the rating given, else kNoValue
};

// The cases of some users, and what was left out of their targets: titles that are in the history
// already (rankings leave those out) and events that turn a title down (dislike, hide).
struct CaseRange {
  std::vector<Case> cases;  // by user; users with nothing to find have none
  int64_t rewatched = 0;
  int64_t rejected = 0;
};

// The cases of users [begin, end): take ranges of some thousands and memory stays flat. Safe to
// call from several threads.
CaseRange cases(const Dataset& dataset, Stage stage, int64_t begin, int64_t end);

// All cases at once, for small datasets and samples.
CaseRange cases(const Dataset& dataset, Stage stage);

}  // namespace marquee::data
