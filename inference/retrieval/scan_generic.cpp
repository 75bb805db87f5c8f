// The scan for any processor, in GCC's vector extensions (also Clang's): SSE2 on x86-64, NEON on
// ARM.
#include <cstdint>

namespace marquee::inference {
namespace {

struct Lanes {
  using Vector = float __attribute__((vector_size(16)));
  static constexpr int kWidth = 4;
  static constexpr int kMaxRows = 6;

  static Vector load(const float* from) {
    return *static_cast<const Vector*>(__builtin_assume_aligned(from, sizeof(Vector)));
  }
  static void store(float* to, Vector a) {
    *static_cast<Vector*>(__builtin_assume_aligned(to, sizeof(Vector))) = a;
  }
  static Vector broadcast(float a) { return Vector{a, a, a, a}; }
  static Vector multiply_add(Vector a, Vector b, Vector c) { return a * b + c; }
  static float multiply_add(float a, float b, float c) { return a * b + c; }
  static uint32_t above(Vector a, Vector b) { return mask(a > b); }
  static uint32_t level(Vector a, Vector b) { return mask(a == b); }

 private:
  template <typename Lane>
  static uint32_t mask(Lane a) {  // lanes of 0 or -1
    const auto bits = a & Lane{1, 2, 4, 8};
    return static_cast<uint32_t>(bits[0] | bits[1] | bits[2] | bits[3]);
  }
};

}  // namespace
}  // namespace marquee::inference

#include "inference/retrieval/scan_kernel.h"

namespace marquee::inference {
const ScanKernel kGenericScan = kScan;
}
