#include "training/event_rewards.h"

#include <cmath>
#include <limits>

namespace marquee::training {

namespace {

constexpr int64_t kDay = 24 * 3600;
constexpr int64_t kVisitsFollowed = 28 * kDay;
constexpr double kUnknown = std::numeric_limits<double>::quiet_NaN();

class Rewards {
 public:
  Rewards(std::span<const int64_t> times, std::span<const float> signals, int64_t known_until,
          const configs::EventRewardConfig& config)
      : times_(times), signals_(signals), known_until_(known_until), config_(config) {
    for (size_t i = 1; i < times.size(); ++i) {
      if (times[i] - times[i - 1] > kVisitGap) visits_.push_back(i);
    }
  }

  // first_visit: the first of visits_ after event i.
  double of(size_t i, size_t first_visit) const {
    double reward = config_.signal > 0 ? config_.signal * liked_soon(i) : 0;
    if (config_.return_1 > 0) reward += config_.return_1 * returned(i, first_visit, kDay);
    if (config_.return_7 > 0) reward += config_.return_7 * returned(i, first_visit, 7 * kDay);
    if (config_.return_28 > 0) reward += config_.return_28 * returned(i, first_visit, 28 * kDay);
    if (config_.visits > 0) reward += config_.visits * later_visits(i, first_visit);
    return reward;
  }

  const std::vector<size_t>& visits() const { return visits_; }  // where each but the first begins

 private:
  double liked_soon(size_t i) const {
    double sum = signals_[i], weight = 1;
    if (config_.horizon_hours == 0) return sum;
    const double until = static_cast<double>(times_[i]) + config_.horizon_hours * 3600;
    for (size_t j = i + 1; j < times_.size() && static_cast<double>(times_[j]) <= until; ++j) {
      weight *= config_.discount;
      sum += weight * signals_[j];
    }
    return sum;
  }

  double returned(size_t i, size_t visit, int64_t within) const {
    if (times_[i] + within > known_until_) return kUnknown;
    return visit < visits_.size() && times_[visits_[visit]] - times_[i] <= within ? 1 : 0;
  }

  double later_visits(size_t i, size_t visit) const {
    if (times_[i] + kVisitsFollowed > known_until_) return kUnknown;
    double sum = 0;
    for (; visit < visits_.size(); ++visit) {
      const int64_t later = times_[visits_[visit]] - times_[i];
      if (later > kVisitsFollowed) break;
      sum += std::pow(config_.visit_discount, static_cast<double>(later) / kDay);
    }
    return sum;
  }

  std::span<const int64_t> times_;
  std::span<const float> signals_;
  int64_t known_until_;
  const configs::EventRewardConfig& config_;
  std::vector<size_t> visits_;
};

}  // namespace

std::vector<float> event_rewards(std::span<const int64_t> times, std::span<const float> signals,
                                 int64_t known_until, const configs::EventRewardConfig& config) {
  const Rewards rewards(times, signals, known_until, config);
  std::vector<float> result(times.size());
  size_t visit = 0;
  for (size_t i = 0; i < times.size(); ++i) {
    while (visit < rewards.visits().size() && rewards.visits()[visit] <= i) ++visit;
    result[i] = static_cast<float>(rewards.of(i, visit));
  }
  return result;
}

}  // namespace marquee::training
