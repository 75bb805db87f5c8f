// What a policy would have earned with whole slates (pages of rows), from the log of another one.
// Where a row earns less because of the rows above it, only these are right: a row's own estimate
// takes the rows above as they were logged. Definitions: Saito et al., Open Bandit Pipeline (2021),
// after McInerney et al. 2020 (reward interaction), Kiyohara et al. 2022 (cascade doubly robust),
// Swaminathan et al. 2017 (pseudo-inverse) and Vlassis et al. 2021 (its control variate).
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "evaluation/bootstrap.h"
#include "policy/bandit_log.h"
#include "policy/estimators.h"

namespace marquee::policy {

enum class SlateEstimator {
  kIndependent,        // each row by its own weight
  kRewardInteraction,  // by the product of its weight and those above it
  kStandard,           // by the product of the whole slate's
  kCascadeDr,          // as reward interaction, around the reward model
  kPseudoInverse,      // the whole reward by 1 + Σ (w − 1) over the rows
};
inline constexpr size_t kSlateEstimators = 5;

struct SlateEstimatorInfo {
  const char* id;    // "iips"
  const char* name;  // "Independent IPS"
  const char* assumption;
};
const SlateEstimatorInfo& info(SlateEstimator estimator);

// Each estimator has a second form that varies less: every position divided by its mean weight
// ("self-normalised", "sn_iips"); of the pseudo-inverse, the one that takes out what Σ (w − 1),
// whose mean is known to be 0, explains of it ("with a control variate", "cv_pi").
std::string full_name(SlateEstimator estimator, bool second_form);
std::string full_id(SlateEstimator estimator, bool second_form);

// Sums over slates, by position; sums of several groups of slates add up.
class SlateSums {
 public:
  explicit SlateSums(size_t positions) : at_(positions) {}

  // One slate: its rows in order, with their own weights.
  struct Row {
    double weight = 1, reward = 0;
    double modelled = 0, expected = 0;  // as WeightedLog
  };
  void add(std::span<const Row> slate);
  void add(const SlateSums& other, double times);

  // Reward of a slate.
  double value(SlateEstimator estimator, bool second_form) const;
  double mean_reward() const;

  double slates() const { return slates_; }
  // (Σw)² / Σw² of the products of weights up to a position.
  double effective_slates(size_t position) const;
  double reward_at(size_t position) const { return at_[position].reward; }
  size_t positions() const { return at_.size(); }

 private:
  struct Position {
    double slates = 0;                             // that have it
    double reward = 0;                             // Σ r
    double own = 0, own_reward = 0;                // Σ w, Σ w r
    double product = 0, product_squares = 0;       // of the weights up to here
    double product_reward = 0, product_error = 0;  // and with r, and r - q
    double above = 0, above_expected = 0;          // of those above, and with v
    double joint = 0, joint_reward = 0;            // of the whole slate
  };
  double pseudo_inverse(bool with_control) const;

  std::vector<Position> at_;
  double slates_ = 0;
  // Of whole slates, g being 1 + Σ (w − 1): Σ g, Σ g², Σ g r, Σ g² r.
  double g_ = 0, gg_ = 0, gr_ = 0, ggr_ = 0;
};

struct SlateEstimate {
  SlateEstimator estimator = SlateEstimator::kIndependent;
  bool second_form = false;
  evaluation::Interval value, over_log;
};

// Of a policy on a log of pages.
struct SlateResult {
  std::vector<SlateEstimate> estimates;  // each estimator in both forms
  std::vector<double> effective;         // slates, by position
  std::string refusal;                   // "": it can be estimated

  const SlateEstimate& of(SlateEstimator estimator, bool second_form) const;
};

struct SlateOptions {
  uint64_t seed = 1;
  int resamples = 1'000;
};

// One result for each policy, from the log as it is seen by each; `logged` becomes what a slate of
// the log earned. Intervals by resampling users. The log must have slates.
std::vector<SlateResult> evaluate_slates(const BanditLog& log,
                                         const std::vector<WeightedLog>& policies,
                                         const SlateOptions& options, evaluation::Interval& logged);

// The estimator that reports lead with: it does not assume that rows earn independently, and varies
// less than others of that kind.
inline constexpr SlateEstimator kLeadingSlate = SlateEstimator::kCascadeDr;

}  // namespace marquee::policy
