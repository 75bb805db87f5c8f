#include "policy/reward_model.h"

#include <numeric>

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

WeightedLog weighted(const BanditLog& log, const ActionProbabilities& policy,
                     const RewardTable& rewards) {
  const size_t actions = log.actions.size();
  const auto mean_at = [&](size_t row) {
    const auto probabilities = policy.of(log, row);
    return std::inner_product(
        probabilities.begin(), probabilities.end(),
        rewards.values.begin() + static_cast<std::ptrdiff_t>(log.position[row] * actions), 0.0);
  };
  // By position where a policy does not look further: of the first row at each.
  std::vector<double> at_position(static_cast<size_t>(log.positions));
  std::vector<bool> known(at_position.size());
  WeightedLog result;
  result.reward = log.reward;
  for (size_t i = 0; i < log.rows(); ++i) {
    const uint32_t position = log.position[i];
    if (policy.by_row() || !known[position]) {
      at_position[position] = mean_at(i);
      known[position] = true;
    }
    result.weight.push_back(policy.of(log, i)[log.action[i]] / log.propensity[i]);
    result.modelled.push_back(rewards.values[position * actions + log.action[i]]);
    result.expected.push_back(at_position[position]);
  }
  return result;
}

}  // namespace marquee::policy
