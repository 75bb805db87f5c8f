#include "models/classic/ridge_row.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include <numeric>

namespace marquee::models {

// Each instruction set's own, of which solve_ridge_row() picks one.
double solve_ridge_row_generic(const RidgeRow& problem);
double solve_ridge_row_avx2(const RidgeRow& problem);
double solve_ridge_row_avx512(const RidgeRow& problem);

namespace {

using Solver = double (*)(const RidgeRow&);

std::vector<Solver> solvers() {
  std::vector<Solver> all = {solve_ridge_row, solve_ridge_row_generic};
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx2")) all.push_back(solve_ridge_row_avx2);
  if (__builtin_cpu_supports("avx512f")) all.push_back(solve_ridge_row_avx512);
#endif
  return all;
}

// Fewer rows than dimensions, as many, more, none; more than one panel; rows given twice; the last
// third has another target.
TEST(RidgeRow, SolvesLikeTheDirectWay) {
  torch::manual_seed(1);
  for (const int64_t dim : {32, 64, 160}) {
    const at::Tensor features = torch::randn({300, dim});
    const at::Tensor penalty = torch::rand({dim}) + 0.1;
    for (const int64_t count : {int64_t{0}, int64_t{1}, int64_t{31}, dim, dim + 1, int64_t{290}}) {
      const int64_t others = count / 3;
      at::Tensor targets = torch::ones({count}, at::kDouble);
      targets.slice(0, count - others).fill_(-0.7);
      const at::Tensor rows = torch::randint(0, 300, {count}, at::kInt);
      const at::Tensor a = features.index_select(0, rows).to(at::kDouble);
      const at::Tensor system = a.t().matmul(a) + torch::diag(penalty.to(at::kDouble));
      const at::Tensor direct = at::linalg_solve(system, a.t().matmul(targets));
      const double objective = ((a.matmul(direct) - targets).square().sum() +
                                (penalty.to(at::kDouble) * direct.square()).sum())
                                   .item<double>();
      at::Tensor workspace = torch::empty({ridge_row_workspace(dim)});
      at::Tensor solution = torch::empty({dim});
      for (const Solver solver : solvers()) {
        const double got =
            solver({features.const_data_ptr<float>(), dim,
                    reinterpret_cast<const uint32_t*>(rows.const_data_ptr<int>()), count,
                    penalty.const_data_ptr<float>(), workspace.mutable_data_ptr<float>(),
                    solution.mutable_data_ptr<float>(), others, -0.7F});
        EXPECT_TRUE(torch::allclose(solution.to(at::kDouble), direct, 1e-3, 1e-4))
            << dim << " x " << count;
        EXPECT_NEAR(got, objective, 1e-3 * std::max(1.0, objective)) << dim << " x " << count;
      }
    }
  }
}

}  // namespace
}  // namespace marquee::models
