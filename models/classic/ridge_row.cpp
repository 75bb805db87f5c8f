#include "models/classic/ridge_row.h"

#include <algorithm>

namespace marquee::models {

double solve_ridge_row_generic(const RidgeRow& problem);
double solve_ridge_row_avx2(const RidgeRow& problem);
double solve_ridge_row_avx512(const RidgeRow& problem);

namespace {

using Solver = double (*)(const RidgeRow&);

Solver best_solver() {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("fma")) {
    return solve_ridge_row_avx512;
  }
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return solve_ridge_row_avx2;
#endif
  return solve_ridge_row_generic;
}

}  // namespace

int64_t ridge_row_workspace(int64_t dim) {
  // The system and the larger of the two panels; scale and z.
  return dim * dim + dim * std::max(dim, kRidgeChunk) + 2 * dim;
}

double solve_ridge_row(const RidgeRow& problem) {
  static const Solver solver = best_solver();
  return solver(problem);
}

}  // namespace marquee::models
