#include "policy/reward_model.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "policy/normal_equations.h"

namespace marquee::policy {

RewardTable smoothed_rewards(const BanditLog& log, double strength, std::span<const double> times) {
  const size_t actions = log.actions.size();
  std::vector<double> sums(static_cast<size_t>(log.positions) * actions), rows(sums.size());
  double all_sums = 0, all_rows = 0;
  for (size_t i = 0; i < log.rows(); ++i) {
    const double n = times.empty() ? 1 : times[i];
    const size_t at = log.position[i] * actions + log.action[i];
    sums[at] += n * log.reward[i];
    rows[at] += n;
    all_sums += n * log.reward[i];
    all_rows += n;
  }
  const double mean = all_sums / all_rows;
  for (size_t at = 0; at < sums.size(); ++at) {
    sums[at] = (sums[at] + strength * mean) / (rows[at] + strength);
  }
  return {std::move(sums)};
}

double RewardTable::at(const BanditLog& log, size_t row, size_t action) const {
  const double mean = values[log.position[row] * log.actions.size() + action];
  if (slopes.empty()) return mean;
  const auto features =
      serving::arm_features(log.features[row], static_cast<int>(log.position[row]));
  return std::inner_product(features.begin(), features.end(), slopes[action].begin(), mean);
}

namespace {

using serving::ArmFeatures;
using serving::kArmFeatures;

// Sums of one action: the equations of its regression.
struct Equations {
  std::vector<std::vector<double>> products{kArmFeatures, std::vector<double>(kArmFeatures)};
  std::vector<double> right = std::vector<double>(kArmFeatures);

  void add(const ArmFeatures& x, double left_over, double times) {
    for (size_t i = 0; i < x.size(); ++i) {
      for (size_t j = 0; j <= i; ++j) products[i][j] += times * x[i] * x[j];
      right[i] += times * x[i] * left_over;
    }
  }

  ArmFeatures solution(double penalty) && {
    for (size_t i = 0; i < kArmFeatures; ++i) products[i][i] += penalty;
    const auto x = solved(std::move(products), std::move(right)).value();  // definite, penalised
    ArmFeatures slopes;
    std::ranges::copy(x, slopes.begin());
    return slopes;
  }
};

}  // namespace

RewardTable regressed_rewards(const BanditLog& log, double strength,
                              std::span<const double> times) {
  RewardTable table = smoothed_rewards(log, strength, times);
  std::vector<Equations> equations(log.actions.size());
  for (size_t row = 0; row < log.rows(); ++row) {
    const double often = times.empty() ? 1 : times[row];
    if (often == 0) continue;
    const auto features =
        serving::arm_features(log.features[row], static_cast<int>(log.position[row]));
    const double left_over = log.reward[row] - table.at(log, row, log.action[row]);
    equations[log.action[row]].add(features, left_over, often);
  }
  for (Equations& each : equations) table.slopes.push_back(std::move(each).solution(strength));
  return table;
}

namespace {

// E[w | position, cluster] under the log: how likely the policy is to show the cluster at that
// position, over the share of it that the log has there.
std::vector<double> marginal_weights(const BanditLog& log, const ActionProbabilities& policy,
                                     std::span<const double> times) {
  const size_t actions = log.actions.size();
  const auto cluster = [&](size_t action) {
    return log.cluster.empty() ? action : log.cluster[action];
  };
  std::vector<double> shown(static_cast<size_t>(log.positions) * actions), wanted(shown.size());
  std::vector<size_t> first(static_cast<size_t>(log.positions), log.rows());  // row of a position
  std::vector<double> rows(first.size());
  const auto want = [&](size_t row, double count) {
    const auto probabilities = policy.of(log, row);
    for (size_t a = 0; a < actions; ++a) {
      wanted[log.position[row] * actions + cluster(a)] += count * probabilities[a];
    }
  };
  for (size_t i = 0; i < log.rows(); ++i) {
    const uint32_t position = log.position[i];
    const double often = times.empty() ? 1 : times[i];
    shown[position * actions + cluster(log.action[i])] += often;
    rows[position] += often;
    first[position] = std::min(first[position], i);
    if (policy.by_row()) want(i, often);
  }
  for (size_t position = 0; position < first.size() && !policy.by_row(); ++position) {
    if (rows[position] > 0) want(first[position], rows[position]);
  }
  std::vector<double> weights(log.rows());
  for (size_t i = 0; i < log.rows(); ++i) {
    const size_t cell = log.position[i] * actions + cluster(log.action[i]);
    weights[i] = shown[cell] > 0 ? wanted[cell] / shown[cell] : 0;
  }
  return weights;
}

}  // namespace

WeightedLog weighted(const BanditLog& log, const ActionProbabilities& policy,
                     const RewardTable& rewards, std::span<const double> times) {
  const size_t actions = log.actions.size();
  const auto mean_at = [&](size_t row) {
    const auto probabilities = policy.of(log, row);
    double mean = 0;
    for (size_t action = 0; action < actions; ++action) {
      if (probabilities[action] > 0) mean += probabilities[action] * rewards.at(log, row, action);
    }
    return mean;
  };
  // By position where a policy does not look further: of the first row at each.
  std::vector<double> at_position(static_cast<size_t>(log.positions));
  std::vector<bool> known(at_position.size());
  WeightedLog result;
  result.reward = log.reward;
  for (size_t i = 0; i < log.rows(); ++i) {
    const uint32_t position = log.position[i];
    if (policy.by_row() || !rewards.slopes.empty() || !known[position]) {
      at_position[position] = mean_at(i);
      known[position] = true;
    }
    result.weight.push_back(policy.of(log, i)[log.action[i]] / log.propensity[i]);
    result.modelled.push_back(rewards.at(log, i, log.action[i]));
    result.expected.push_back(at_position[position]);
  }
  result.marginal = marginal_weights(log, policy, times);
  return result;
}

}  // namespace marquee::policy
