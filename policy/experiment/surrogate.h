// What a metric is expected to be later, from what is known of members early: a surrogate index
// (Athey, Chetty, Imbens & Kang, The Surrogate Index, 2019), fitted on a past experiment.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "policy/experiment/units.h"

namespace marquee::policy {

// How well the surrogate says of the arms of the past experiment what the metric itself said, each
// arm being left out of the fit that is asked about it.
struct SurrogateQuality {
  double explained = 0;  // share of the variance between members (R²)
  int64_t arms = 0;      // compared with the control
  int64_t agreed = 0;    // of them: better, worse or undecided by both
  int64_t better = 0;    // of them: by the metric itself
  int64_t recalled = 0;  // of these: by the surrogate as well
};

// Least squares on the early columns: what one more of each adds.
class Surrogate {
 public:
  // `past` has the columns; `arm`: to be left out, or -1. Throws Error where the columns say the
  // same twice, so that nothing follows.
  Surrogate(const Units& past, const std::string& outcome, std::vector<std::string> early,
            int64_t arm = -1);

  std::vector<double> expected(const Units& units) const;  // [users]

 private:
  std::vector<std::string> early_;
  std::vector<double> weights_;  // [1 + early]: the constant first
};

struct SurrogateQuestion {
  double alpha = 0.05;
  bool higher_is_better = true;
};
SurrogateQuality surrogate_quality(const Units& past, const std::string& outcome,
                                   const std::vector<std::string>& early,
                                   const SurrogateQuestion& question);

}  // namespace marquee::policy
