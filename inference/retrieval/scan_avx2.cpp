// The scan for AVX2. Compiled with -mavx2 -mfma -mpopcnt, called where the processor has them.
#include <immintrin.h>

#include <cstdint>

namespace marquee::inference {
namespace {

struct Lanes {
  using Vector = __m256;
  static constexpr int kWidth = 8;
  static constexpr int kMaxRows = 6;

  static Vector load(const float* from) { return _mm256_load_ps(from); }
  static void store(float* to, Vector a) { _mm256_store_ps(to, a); }
  static Vector broadcast(float a) { return _mm256_set1_ps(a); }
  static Vector multiply_add(Vector a, Vector b, Vector c) { return _mm256_fmadd_ps(a, b, c); }
  static float multiply_add(float a, float b, float c) { return __builtin_fmaf(a, b, c); }
  static uint32_t above(Vector a, Vector b) { return mask(_mm256_cmp_ps(a, b, _CMP_GT_OQ)); }
  static uint32_t level(Vector a, Vector b) { return mask(_mm256_cmp_ps(a, b, _CMP_EQ_OQ)); }

 private:
  static uint32_t mask(Vector a) { return static_cast<uint32_t>(_mm256_movemask_ps(a)); }
};

}  // namespace
}  // namespace marquee::inference

#include "inference/retrieval/scan_kernel.h"

namespace marquee::inference {
const ScanKernel kAvx2Scan = kScan;
}
