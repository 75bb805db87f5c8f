// The kernels for AVX2. Compiled with -mavx2 -mfma, called where the processor has them.
namespace marquee::models {
namespace {
constexpr int kVectorBytes = 32;
constexpr int kTileRows = 6;
}  // namespace
}  // namespace marquee::models

#include "models/kernels/kernels_impl.h"

namespace marquee::models {
const Kernels& kernels_avx2() { return kTheseKernels; }
}  // namespace marquee::models
