// The kernels for AVX-512. Compiled with -mavx512f -mfma, called where the processor has them.
namespace marquee::models {
namespace {
constexpr int kVectorBytes = 64;
constexpr int kTileRows = 12;
}  // namespace
}  // namespace marquee::models

#include "models/kernels/kernels_impl.h"

namespace marquee::models {
const Kernels& kernels_avx512() { return kTheseKernels; }
}  // namespace marquee::models
