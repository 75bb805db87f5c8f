#include "models/layers/group_reader.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/cholesky_solve.h>
#include <ATen/ops/eye.h>
#include <ATen/ops/linalg_cholesky.h>

namespace marquee::models {

namespace {
// Of the mean variance of an element. A batch has few members: with less, chance would look like
// something known of them.
constexpr double kRidge = 1;
}  // namespace

at::Tensor read_by_the_best(const at::Tensor& vectors, const at::Tensor& groups, int64_t count) {
  // In doubles, which autocast leaves as they are.
  const at::Tensor known = groups.ge(0).to(at::kDouble).unsqueeze(1);  // [n, 1]
  const at::Tensor size = known.sum().clamp_min(1);
  const auto centred = [&](const at::Tensor& rows) {
    return (rows - (rows * known).sum(0, /*keepdim=*/true) / size) * known;
  };
  const at::Tensor z = centred(vectors.to(at::kDouble));  // [n, dim]
  const at::Tensor is = centred(
      groups.unsqueeze(1).eq(at::arange(count, groups.options())).to(at::kDouble));  // [n, count]
  const int64_t dim = z.size(1);
  const at::Tensor covariance = z.t().matmul(z) / size;
  const at::Tensor ridge = kRidge * covariance.trace() / static_cast<double>(dim) + 1e-12;
  const at::Tensor with = z.t().matmul(is) / size;  // [dim, count]
  const at::Tensor root =
      at::linalg_cholesky(covariance + ridge * at::eye(dim, covariance.options()));
  const at::Tensor explained = (with * at::cholesky_solve(with, root)).sum(0);  // [count]
  const at::Tensor variance = is.square().sum(0) / size;
  const at::Tensor there = variance.gt(0);
  const at::Tensor sum = (explained / variance.clamp_min(1e-12) * there).sum();
  return (sum / there.sum().clamp_min(1)).to(at::kFloat);
}

}  // namespace marquee::models
