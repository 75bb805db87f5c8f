#include "data/synth/alias_table.h"

#include <numeric>

namespace marquee::data::synth {

AliasTable::AliasTable(const std::vector<int32_t>& values, const std::vector<double>& weights) {
  const double total = std::accumulate(weights.begin(), weights.end(), 0.0);
  if (total <= 0) return;
  std::vector<double> level;  // 1: exactly one slot's worth
  for (size_t i = 0; i < values.size(); ++i) {
    if (weights[i] <= 0) continue;
    slots_.push_back({1, values[i], values[i]});
    level.push_back(weights[i] / total);
  }
  std::vector<size_t> poor, rich;
  for (size_t i = 0; i < level.size(); ++i) {
    level[i] *= static_cast<double>(level.size());
    (level[i] < 1 ? poor : rich).push_back(i);
  }
  while (!poor.empty() && !rich.empty()) {
    const size_t taker = poor.back(), giver = rich.back();
    poor.pop_back();
    slots_[taker].keep = static_cast<float>(level[taker]);
    slots_[taker].other = slots_[giver].value;
    level[giver] -= 1 - level[taker];
    if (level[giver] < 1) {
      rich.pop_back();
      poor.push_back(giver);
    }
  }
}

int32_t AliasTable::draw(RandomStream& random) const {
  const Slot& slot = slots_[random.below(slots_.size())];
  return random.uniform() < slot.keep ? slot.value : slot.other;
}

int draw_index(const std::vector<double>& weights, RandomStream& random) {
  double left = random.uniform() * std::accumulate(weights.begin(), weights.end(), 0.0);
  int last = -1;
  for (size_t i = 0; i < weights.size(); ++i) {
    if (weights[i] <= 0) continue;
    last = static_cast<int>(i);
    left -= weights[i];
    if (left < 0) break;
  }
  return last;
}

}  // namespace marquee::data::synth
