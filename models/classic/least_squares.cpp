#include "models/classic/least_squares.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/constant_pad_nd.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/linalg_eigh.h>
#include <ATen/ops/matmul.h>

#include <cstdlib>
#include <memory>
#include <numeric>
#include <span>

#include "core/threads.h"
#include "models/classic/ridge_row.h"

namespace marquee::models {

namespace {

constexpr size_t kAlignment = 64;
constexpr double kSmallestPenalty = 1e-12;  // keeps a row without any penalty solvable

struct Free {
  void operator()(float* memory) const { std::free(memory); }
};
using AlignedFloats = std::unique_ptr<float, Free>;

AlignedFloats aligned_floats(int64_t count) {
  const size_t bytes =
      (static_cast<size_t>(count) * sizeof(float) + kAlignment - 1) / kAlignment * kAlignment;
  return AlignedFloats(static_cast<float*>(std::aligned_alloc(kAlignment, bytes)));
}

}  // namespace

RowSolutions solve_rows(const TargetRows& rows, const at::Tensor& features, double unobserved,
                        const std::vector<double>& penalties) {
  // In the eigenbasis of HᵀH what all rows share is diagonal, so that a row's own events are all
  // that its system has to be built from.
  const at::Tensor wide = features.to(at::kDouble);
  const auto [eigenvalues, basis] = at::linalg_eigh(at::matmul(wide.t(), wide));
  const int64_t dim = features.size(1);
  const int64_t lanes = (dim + kRidgeLanes - 1) / kRidgeLanes * kRidgeLanes;
  const at::Tensor rotated =
      at::constant_pad_nd(at::matmul(wide, basis).to(at::kFloat), {0, lanes - dim}).contiguous();
  const at::Tensor shared =
      at::constant_pad_nd(eigenvalues.clamp_min(0) * unobserved, {0, lanes - dim}, 1);
  const auto* shared_penalty = shared.const_data_ptr<double>();

  const int64_t count = rows.ones.rows();
  at::Tensor solutions = at::empty({count, lanes}, at::kFloat);
  std::vector<double> objectives(static_cast<size_t>(count));
  parallel_for(count, 32, [&](int64_t begin, int64_t end) {
    const AlignedFloats workspace = aligned_floats(ridge_row_workspace(lanes));
    std::vector<float> penalty(static_cast<size_t>(lanes));
    std::vector<uint32_t> both;
    for (int64_t row = begin; row < end; ++row) {
      std::span<const uint32_t> columns = rows.ones[row];
      const size_t others = rows.others == nullptr ? 0 : (*rows.others)[row].size();
      if (others > 0) {
        both.assign(columns.begin(), columns.end());
        both.insert(both.end(), (*rows.others)[row].begin(), (*rows.others)[row].end());
        columns = both;
      }
      for (size_t d = 0; d < penalty.size(); ++d) {
        penalty[d] = static_cast<float>(shared_penalty[d] + penalties[static_cast<size_t>(row)] +
                                        kSmallestPenalty);
      }
      objectives[static_cast<size_t>(row)] =
          solve_ridge_row({rotated.const_data_ptr<float>(), lanes, columns.data(),
                           static_cast<int64_t>(columns.size()), penalty.data(), workspace.get(),
                           solutions.mutable_data_ptr<float>() + row * lanes,
                           static_cast<int64_t>(others), static_cast<float>(rows.target)});
    }
  });
  const at::Tensor vectors =
      at::matmul(solutions.slice(1, 0, dim), basis.t().to(at::kFloat)).contiguous();
  return {vectors, std::accumulate(objectives.begin(), objectives.end(), 0.0)};
}

}  // namespace marquee::models
