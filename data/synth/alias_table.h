// Weighted draws in constant time (Vose 1991).
#pragma once

#include <cstdint>
#include <vector>

#include "core/random.h"

namespace marquee::data::synth {

class AliasTable {
 public:
  AliasTable() = default;
  // Weights are not negative; values with weight 0 are never drawn.
  AliasTable(const std::vector<int32_t>& values, const std::vector<double>& weights);

  bool empty() const { return slots_.empty(); }
  int32_t draw(RandomStream& random) const;  // not when empty

 private:
  struct Slot {
    float keep;  // chance of `value` once the slot is drawn
    int32_t value;
    int32_t other;
  };
  std::vector<Slot> slots_;
};

// One index drawn by weight, for lists too short or short-lived for a table; -1 if all weigh 0.
int draw_index(const std::vector<double>& weights, RandomStream& random);

}  // namespace marquee::data::synth
