// The scan for AVX-512. Compiled with -mavx512f -mfma -mpopcnt, called where the processor has
// them.
#include <immintrin.h>

#include <cstdint>

namespace marquee::inference {
namespace {

struct Lanes {
  using Vector = __m512;
  static constexpr int kWidth = 16;
  static constexpr int kMaxRows = 12;

  static Vector load(const float* from) { return _mm512_load_ps(from); }
  static void store(float* to, Vector a) { _mm512_store_ps(to, a); }
  static Vector broadcast(float a) { return _mm512_set1_ps(a); }
  static Vector multiply_add(Vector a, Vector b, Vector c) { return _mm512_fmadd_ps(a, b, c); }
  static float multiply_add(float a, float b, float c) { return __builtin_fmaf(a, b, c); }
  static uint32_t above(Vector a, Vector b) { return _mm512_cmp_ps_mask(a, b, _CMP_GT_OQ); }
  static uint32_t level(Vector a, Vector b) { return _mm512_cmp_ps_mask(a, b, _CMP_EQ_OQ); }
};

}  // namespace
}  // namespace marquee::inference

#include "inference/retrieval/scan_kernel.h"

namespace marquee::inference {
const ScanKernel kAvx512Scan = kScan;
}
