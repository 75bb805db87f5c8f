// The kernels for AVX-512 with products of bfloat16. Compiled with -mavx512f -mavx512bw
// -mavx512bf16 -mfma, called where the processor has them.
namespace marquee::models {
namespace {
constexpr int kVectorBytes = 64;
constexpr int kTileRows = 12;
}  // namespace
}  // namespace marquee::models

#include "models/kernels/narrow_products.h"

namespace marquee::models {
const Kernels& kernels_avx512_bf16() {
  static constexpr Kernels kNarrow = [] {
    Kernels these = kTheseKernels;
    these.multiply = multiply_narrow;
    return these;
  }();
  return kNarrow;
}
}  // namespace marquee::models
