// Whether a split leaks the future: events in training or in the history that are later than the
// target that a model has to predict.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "data/dataset.h"
#include "evaluation/test_users.h"

namespace marquee::evaluation {

struct Leakage {
  int64_t targets = 0;
  int64_t before_own_history = 0;  // targets older than an event of the same user's history
  int64_t before_training = 0;     // targets older than the newest event in training, of anyone
  double later_share = 0;          // of training that is later than a target, mean over targets
};

Leakage find_leakage(const data::Dataset& dataset, const TestUsers& test_users);

// What to say about it, a sentence or two each; none where nothing leaks.
std::vector<std::string> warnings(const Leakage& leakage, const std::string& split);

}  // namespace marquee::evaluation
