// Numbers drawn from a fuzzer's bytes; when they are used up, everything is 0.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace marquee::fuzz {

class Draws {
 public:
  Draws(const uint8_t* data, size_t size) : bytes_(data, size) {}

  bool empty() const { return bytes_.empty(); }

  // least to most, which is at most 65,535 above it.
  int whole(int least, int most) {
    const int drawn = byte() << 8 | byte();
    return least + drawn % (most - least + 1);
  }
  bool flag() { return whole(0, 1) == 1; }
  double fraction() { return whole(0, 1'000) / 1'000.0; }

  template <typename T, size_t n>
  T one_of(const T (&values)[n]) {
    return values[whole(0, static_cast<int>(n) - 1)];
  }

 private:
  int byte() {
    if (bytes_.empty()) return 0;
    const int first = bytes_.front();
    bytes_ = bytes_.subspan(1);
    return first;
  }

  std::span<const uint8_t> bytes_;
};

}  // namespace marquee::fuzz
