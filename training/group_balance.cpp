#include "training/group_balance.h"

#include <cmath>

namespace marquee::training {

std::vector<double> balanced_weights(const data::MemberGroups& groups,
                                     const std::vector<int64_t>& targets, double strength) {
  std::vector<double> sums(groups.names.size());
  for (size_t user = 0; user < targets.size(); ++user) {
    if (groups.of[user] < 0) continue;
    sums[static_cast<size_t>(groups.of[user])] += static_cast<double>(targets[user]);
  }
  double all = 0, powers = 0;
  for (const double sum : sums) {
    all += sum;
    if (sum > 0) powers += std::pow(sum, 1 - strength);
  }
  std::vector<double> weights(targets.size(), 1);
  for (size_t user = 0; user < targets.size(); ++user) {
    if (groups.of[user] < 0 || targets[user] == 0) continue;
    const double sum = sums[static_cast<size_t>(groups.of[user])];
    weights[user] = all / powers * std::pow(sum, -strength);
  }
  return weights;
}

}  // namespace marquee::training
