#include "serving/policies/day_traces.h"

#include <algorithm>
#include <cmath>

#include "core/error.h"

namespace marquee::serving {

namespace {

constexpr double kLeastSpread = 1e-3;  // of a day on which hardly anything happens

DayTraces::Matrix identity(size_t days) {
  DayTraces::Matrix matrix(days, std::vector<double>(days));
  for (size_t i = 0; i < days; ++i) matrix[i][i] = 1;
  return matrix;
}

configs::RowChoiceConfig of_a_day(configs::RowChoiceConfig config, double spread) {
  config.noise *= spread;
  config.prior *= spread * spread;
  return config;
}

Error does_not_fit(const std::string& reason) {
  return Error("the state of a policy does not fit: " + reason, ErrorKind::kArtefact);
}

}  // namespace

DayTraces::DayTraces(size_t days) : DayTraces(identity(days)) {}

DayTraces::DayTraces(const Matrix& covariance) : covariance_(covariance) {
  const size_t n = covariance.size();
  lower_ = identity(n);
  std::vector<double> variance(n);
  for (size_t i = 0; i < n; ++i) {
    for (size_t j = 0; j <= i; ++j) {
      double sum = covariance[i][j];
      for (size_t k = 0; k < j; ++k) sum -= lower_[i][k] * lower_[j][k] * variance[k];
      if (i == j) {
        const double least = kLeastSpread * kLeastSpread * (i == 0 ? 1 : variance[0]);
        variance[i] = std::max(sum, least);
      } else {
        lower_[i][j] = sum / variance[j];
      }
    }
  }
  weight_.assign(n, 0);
  for (size_t day = 0; day < n; ++day) {
    spread_.push_back(std::sqrt(variance[day] / variance[0]));
    for (size_t i = day; i < n; ++i) weight_[day] += lower_[i][day];
  }
}

DayTraces DayTraces::restored(const Json& state, size_t days) {
  try {
    const auto covariance = state.get<Matrix>();
    const bool square =
        covariance.size() == days &&
        std::ranges::all_of(covariance, [&](auto& row) { return row.size() == days; });
    if (!square) throw does_not_fit("traces of another number of days");
    return DayTraces(covariance);
  } catch (const Json::exception& error) {
    throw does_not_fit(json_reason(error));
  }
}

std::vector<double> DayTraces::news(std::span<const double> rewards) const {
  std::vector<double> news(rewards.begin(), rewards.end());
  for (size_t day = 0; day < news.size(); ++day) {
    for (size_t before = 0; before < day; ++before) news[day] -= lower_[day][before] * news[before];
  }
  return news;
}

ArmBelief::ArmBelief(const configs::RowChoiceConfig& config, const DayTraces& traces) {
  for (size_t day = 0; day < traces.days(); ++day) {
    days_.emplace_back(of_a_day(config, traces.spread(day)));
    weight_.push_back(traces.weight(day));
  }
}

ArmPosterior::Belief ArmBelief::of(const ArmFeatures& features) const {
  if (days_.size() == 1) return days_.front().of(features);
  double mean = 0, variance = 0;
  for (size_t day = 0; day < days_.size(); ++day) {
    const ArmPosterior::Belief belief = days_[day].of(features);
    mean += weight_[day] * belief.mean;
    variance += weight_[day] * weight_[day] * belief.deviation * belief.deviation;
  }
  return {mean, std::sqrt(variance)};
}

Json ArmBelief::state() const {
  if (days_.size() == 1) return days_.front().state();
  Json state = Json::array();
  for (const ArmPosterior& day : days_) state.push_back(day.state());
  return state;
}

void ArmBelief::restore(const Json& state) {
  if (days_.size() == 1) return days_.front().restore(state);
  if (!state.is_array() || state.size() != days_.size()) {
    throw does_not_fit("rewards of another number of days");
  }
  for (size_t day = 0; day < days_.size(); ++day) days_[day].restore(state[day]);
}

}  // namespace marquee::serving
