// The kernels for any processor: SSE2 on x86-64, NEON on ARM.
namespace marquee::models {
namespace {
constexpr int kVectorBytes = 16;
constexpr int kTileRows = 4;
}  // namespace
}  // namespace marquee::models

#include "models/kernels/kernels_impl.h"

namespace marquee::models {
const Kernels& kernels_generic() { return kTheseKernels; }
}  // namespace marquee::models
