// The ridge regression for any processor: SSE2 on x86-64, NEON on ARM.
namespace marquee::models {
namespace {
constexpr int kVectorBytes = 16;
constexpr int kTileRows = 4;
}  // namespace
}  // namespace marquee::models

#include "models/classic/ridge_row_kernel.h"

namespace marquee::models {
double solve_ridge_row_generic(const RidgeRow& problem) { return solve_row(problem); }
}  // namespace marquee::models
