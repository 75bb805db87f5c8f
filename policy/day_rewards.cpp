#include "policy/day_rewards.h"

#include <algorithm>
#include <map>

#include "core/error.h"
#include "core/text.h"
#include "policy/normal_equations.h"
#include "serving/pages/recent_pages.h"

namespace marquee::policy {

namespace {

using serving::ArmFeatures;
using serving::DayTraces;

constexpr int64_t kDay = 24 * 3'600, kReturn = serving::RecentPages::kReturnMs / 1'000;
constexpr size_t kLeastRows = 100;  // of all days, to learn how these vary together
constexpr double kRidge = 1;

using Times = std::vector<std::vector<int64_t>>;  // [users][pages], sorted

Times page_times(const BanditLog& log) {
  Times times;
  for (size_t row = 0; row < log.rows(); ++row) {
    const size_t user = log.user[row];
    if (user >= times.size()) times.resize(user + 1);
    if (times[user].empty() || times[user].back() != log.time[row]) {
      times[user].push_back(log.time[row]);
    }
  }
  for (auto& each : times) std::ranges::sort(each);
  return times;
}

// Whether a page was shown on a day, and long enough after a time.
bool came(const std::vector<int64_t>& pages, int64_t day, int64_t after) {
  const auto first = std::ranges::lower_bound(pages, std::max(day * kDay, after + kReturn));
  return first != pages.end() && *first / kDay == day;
}

// Of the reward of a day on features, for rows of a kind that are known of all days.
struct Regression {
  std::vector<std::vector<double>> squares{serving::kArmFeatures,
                                           std::vector<double>(serving::kArmFeatures)};
  std::vector<std::vector<double>> products;  // [days][features]

  explicit Regression(size_t days) : products(days, std::vector<double>(serving::kArmFeatures)) {
    for (size_t i = 0; i < squares.size(); ++i) squares[i][i] = kRidge;
  }

  void add(const ArmFeatures& x, const std::vector<double>& rewards) {
    for (size_t i = 0; i < x.size(); ++i) {
      for (size_t j = 0; j <= i; ++j) squares[i][j] += x[i] * x[j];
      for (size_t day = 0; day < rewards.size(); ++day) products[day][i] += x[i] * rewards[day];
    }
  }

  std::vector<std::vector<double>> weights() const {  // [days][features]
    std::vector<std::vector<double>> all;
    for (const auto& product : products) all.push_back(*solved(squares, product));
    return all;
  }
};

ArmFeatures features_of(const BanditLog& log, size_t row) {
  return serving::arm_features(log.features[row], static_cast<int>(log.position[row]));
}

}  // namespace

std::vector<std::vector<double>> day_rewards(const BanditLog& log,
                                             const configs::RewardConfig& config) {
  std::vector<std::vector<double>> rewards;
  for (const double reward : log.reward) rewards.push_back({reward});
  if (config.return_days == 0) return rewards;
  if (log.time.empty()) {
    throw Error(cat("reward.return_days: ", log.name,
                    " does not say who saw a page and when; the "
                    "log of pages does (marquee ingest --feedback)"));
  }
  const Times times = page_times(log);
  const int64_t last_day = *std::ranges::max_element(log.time) / kDay;  // is not over
  for (size_t row = 0; row < log.rows(); ++row) {
    if (log.anonymous[row]) continue;
    const int64_t shown = log.time[row];
    for (int day = 1; day <= config.return_days && shown / kDay + day < last_day; ++day) {
      const bool earns =
          log.reward[row] > 0 && came(times[log.user[row]], shown / kDay + day, shown);
      rewards[row].push_back(earns ? config.returned : 0);
    }
  }
  return rewards;
}

DayTraces fitted_traces(const BanditLog& log, const std::vector<std::vector<double>>& rewards,
                        size_t days) {
  if (days == 1) return DayTraces();
  std::map<uint32_t, Regression> regressions;  // by kind of row
  size_t rows = 0;
  for (size_t row = 0; row < log.rows(); ++row) {
    if (rewards[row].size() < days) continue;
    ++rows;
    auto& of = regressions.try_emplace(log.kinds[log.action[row]], days).first->second;
    of.add(features_of(log, row), rewards[row]);
  }
  if (rows < kLeastRows) {
    throw Error(cat("reward.return_days: ", days - 1, " days are over after ", grouped(rows),
                    " of the log's rows; ", kLeastRows,
                    " are needed. Choose fewer days or a longer log"));
  }
  std::map<uint32_t, std::vector<std::vector<double>>> weights;
  for (const auto& [kind, of] : regressions) weights[kind] = of.weights();
  DayTraces::Matrix covariance(days, std::vector<double>(days));
  std::vector<double> rest(days);
  for (size_t row = 0; row < log.rows(); ++row) {
    if (rewards[row].size() < days) continue;
    const auto& weight = weights[log.kinds[log.action[row]]];
    const ArmFeatures x = features_of(log, row);
    for (size_t i = 0; i < days; ++i) {
      rest[i] = rewards[row][i];
      for (size_t f = 0; f < x.size(); ++f) rest[i] -= weight[i][f] * x[f];
      for (size_t j = 0; j <= i; ++j) covariance[i][j] += rest[i] * rest[j];
    }
  }
  for (size_t i = 0; i < days; ++i) {
    for (size_t j = 0; j <= i; ++j) {
      covariance[i][j] /= static_cast<double>(rows);
      covariance[j][i] = covariance[i][j];
    }
  }
  return DayTraces(covariance);
}

}  // namespace marquee::policy
