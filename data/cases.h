// Users to evaluate on: the history that a model gets of each, and the targets it has to predict.
// Training validates on these cases and evaluation reports on them, so both measure the same thing.
#pragma once

#include <cstdint>
#include <vector>

#include "data/dataset.h"

namespace marquee::data {

// kValid: train is history, valid has the targets. kTest: train and valid are history, test has the
// targets. kTestDisliked: the same, but targets are what users disliked in it, which they
// should not be shown. What split `strong` gives of a held-out user is history in all.
enum class Stage { kValid, kTest, kTestDisliked };

// One user as of the time of their first target.
struct Case {
  int64_t user = 0;
  std::vector<uint32_t> history;  // oldest first; never an event of the target part
  std::vector<float> signals;     // [history] EventWeights::signal
  std::vector<float> ages;        // [history] seconds before the first target, 0 for later events
  std::vector<uint32_t> targets;  // distinct, in order of time; none is in the history
  std::vector<float> target_values;  // [targets] the rating given, else kNoValue
};

// The cases of some users, and how many events of the part with the targets are of titles that are
// in the history already, which rankings leave out, and how many are negative feedback.
struct CaseRange {
  std::vector<Case> cases;  // by user; users without targets have none
  int64_t rewatched = 0;
  int64_t disliked = 0;
};

// The cases of users [begin, end). Ranges of some thousands keep memory flat. Safe to call from
// several threads.
CaseRange cases(const Dataset& dataset, Stage stage, int64_t begin, int64_t end);

// All cases at once, for small datasets and samples.
CaseRange cases(const Dataset& dataset, Stage stage);

}  // namespace marquee::data
