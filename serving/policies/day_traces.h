// Rewards that come day by day, for a while after a row was shown, and what the first of them say
// about those to come.
#pragma once

#include <span>
#include <vector>

#include "core/json.h"
#include "serving/policies/arm_posterior.h"

namespace marquee::serving {

// How the rewards of the days vary together around their means. What is new on a day, after what
// the days before it let expect, is independent of them.
class DayTraces {
 public:
  using Matrix = std::vector<std::vector<double>>;

  explicit DayTraces(size_t days = 1);                        // no day says anything about another
  explicit DayTraces(const Matrix& covariance);               // [days][days], symmetric
  static DayTraces restored(const Json& state, size_t days);  // throws Error (artefact)

  size_t days() const { return spread_.size(); }
  // [days] as given, which may be the first few.
  std::vector<double> news(std::span<const double> rewards) const;
  // What the sum over all days grows by, if as much as 1 is new on a day.
  double weight(size_t day) const { return weight_[day]; }
  // Standard deviation of what is new on a day, relative to the first day's.
  double spread(size_t day) const { return spread_[day]; }
  const Matrix& covariance() const { return covariance_; }

 private:
  Matrix covariance_, lower_;  // lower_: of the factors L D Lᵀ
  std::vector<double> weight_, spread_;
};

// What is believed of the sum of one arm's rewards over the days. The impatient bandit's posterior
// (McDonald et al. 2023), for means that depend on features, where arms differ from each other as
// single traces do from their mean: then every day has a regression of its own, of what is new on
// it. Not safe to use from several threads.
class ArmBelief {
 public:
  ArmBelief(const configs::RowChoiceConfig& config, const DayTraces& traces);

  ArmPosterior::Belief of(const ArmFeatures& features) const;
  // From what was new on a day.
  void learn(size_t day, const std::vector<ArmPosterior::Reward>& news) { days_[day].learn(news); }

  int64_t rewards() const { return days_.front().rewards(); }

  Json state() const;               // an array, a value a day; of one day, that value
  void restore(const Json& state);  // throws Error (artefact) if it does not fit

 private:
  std::vector<ArmPosterior> days_;
  std::vector<double> weight_;
};

}  // namespace marquee::serving
