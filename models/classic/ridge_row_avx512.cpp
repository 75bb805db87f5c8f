// The ridge regression for AVX-512. Compiled with -mavx512f -mfma, called where the processor has
// them.
namespace marquee::models {
namespace {
constexpr int kVectorBytes = 64;
constexpr int kTileRows = 8;
}  // namespace
}  // namespace marquee::models

#include "models/classic/ridge_row_kernel.h"

namespace marquee::models {
double solve_ridge_row_avx512(const RidgeRow& problem) { return solve_row(problem); }
}  // namespace marquee::models
