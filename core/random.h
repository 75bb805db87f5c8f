// Seeded random streams. A stream is named, so that adding one leaves the others as they were, and
// its numbers are defined here, not by the standard library, so that they are the same everywhere.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <utility>

namespace marquee {

// xoshiro256++ (Blackman & Vigna 2019), seeded by SplitMix64 from (seed, name, index).
class RandomStream {
 public:
  using State = std::array<uint64_t, 4>;

  RandomStream(uint64_t seed, std::string_view name, uint64_t index = 0);

  uint64_t next();
  double uniform();                // [0, 1)
  uint64_t below(uint64_t bound);  // [0, bound), unbiased; bound > 0
  double normal();                 // mean 0, variance 1
  double exponential();            // mean 1

  // Fisher-Yates; `values` is any random-access container.
  template <typename Container>
  void shuffle(Container& values) {
    for (auto i = values.size(); i > 1; --i) {
      std::swap(values[i - 1], values[below(i)]);
    }
  }

  const State& state() const { return state_; }
  void set_state(const State& state) { state_ = state; }

 private:
  State state_;
};

// A stream that nobody can draw again: all 256 bits of its state come from the operating system.
RandomStream secret_stream();

}  // namespace marquee
