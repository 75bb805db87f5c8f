// What a private run reveals of any one member: which mechanisms it uses, how often, with how much
// noise. Made before a run begins, from the configuration and the number of members, which is taken
// to be public; the noise follows from the budget. accountant.h has the cost.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "configs/config.h"
#include "core/json.h"
#include "data/dataset.h"
#include "training/privacy/accountant.h"

namespace marquee::training {

struct PrivacyPlan {
  PrivacyBudget budget;
  double epsilon = 0;  // of all together; not above that of the budget
  Mechanism counts;    // how many members have each title: released once, served as popularity
  Mechanism learning;  // a step of gradients, or a round
  int64_t members = 0;
  int64_t titles_per_member = 0;
  double clip = 0;  // of gradients; 0: the model learns in rounds

  Json to_json() const;  // the fact `privacy` of a run and of its bundles
};

// For the log.
std::string describe(const PrivacyPlan& plan);

// Nothing where train.privacy.epsilon is 0. Throws Error if the budget is out of reach, delta is
// not below 1 / members, a batch is larger than all members, or titles are known from interactions
// alone: they are in the order in which members watched them.
std::optional<PrivacyPlan> privacy_plan(const configs::Config& config,
                                        const data::Dataset& dataset);

// Draws the counts of the plan: [titles + 1].
std::vector<int64_t> private_counts(const PrivacyPlan& plan, const data::Dataset& dataset);

}  // namespace marquee::training
