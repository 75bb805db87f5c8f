// The ridge regression for AVX2. Compiled with -mavx2 -mfma, called where the processor has them.
namespace marquee::models {
namespace {
constexpr int kVectorBytes = 32;
constexpr int kTileRows = 4;
}  // namespace
}  // namespace marquee::models

#include "models/classic/ridge_row_kernel.h"

namespace marquee::models {
double solve_ridge_row_avx2(const RidgeRow& problem) { return solve_row(problem); }
}  // namespace marquee::models
