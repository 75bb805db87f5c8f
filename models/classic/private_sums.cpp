#include "models/classic/private_sums.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/linalg_eigh.h>
#include <ATen/ops/matmul.h>
#include <ATen/ops/zeros.h>

#include <algorithm>
#include <cmath>

#include "core/threads.h"

namespace marquee::models {

namespace {

// Shares of what a round may reveal, in 1 / noise². The sums of titles have more to say; chosen on
// the synthetic service (docs/responsible.md).
constexpr double kGramianShare = 0.1;

at::Tensor gaussian(at::IntArrayRef sizes, double deviation, RandomStream& random) {
  at::Tensor values = at::empty(sizes, at::kDouble);
  auto* const data = values.mutable_data_ptr<double>();
  for (int64_t i = 0; i < values.numel(); ++i) data[i] = deviation * random.normal();
  return values;
}

at::Tensor positive_part(const at::Tensor& symmetric) {
  const auto [values, vectors] = at::linalg_eigh(symmetric);
  return at::matmul(vectors * values.clamp_min(0), vectors.t());
}

// → [titles + 1, dim]
at::Tensor sums_of(const SparseRows& users_of_title, const at::Tensor& vectors) {
  const int64_t dim = vectors.size(1);
  at::Tensor sums = at::zeros({users_of_title.rows(), dim}, at::kDouble);
  const auto* const from = vectors.const_data_ptr<double>();
  auto* const to = sums.mutable_data_ptr<double>();
  parallel_for(users_of_title.rows(), 64, [&](int64_t begin, int64_t end) {
    for (int64_t title = begin; title < end; ++title) {
      for (const uint32_t user : users_of_title[title]) {
        for (int64_t d = 0; d < dim; ++d) to[title * dim + d] += from[user * dim + d];
      }
    }
  });
  return sums;
}

}  // namespace

SparseRows sampled_rows(const SparseRows& rows, int64_t most, RandomStream& random) {
  SparseRows result;
  result.offsets.push_back(0);
  for (int64_t row = 0; row < rows.rows(); ++row) {
    std::vector<uint32_t> values(rows[row].begin(), rows[row].end());
    if (std::ssize(values) > most) {
      random.shuffle(values);
      values.resize(static_cast<size_t>(most));
      std::sort(values.begin(), values.end());
    }
    result.values.insert(result.values.end(), values.begin(), values.end());
    result.offsets.push_back(static_cast<int64_t>(result.values.size()));
  }
  return result;
}

std::vector<int64_t> noisy_counts(const InteractionMatrix& interactions, int64_t most, double noise,
                                  RandomStream& random) {
  const double deviation = noise * std::sqrt(static_cast<double>(most));
  std::vector<int64_t> counts = {0};
  for (int64_t title = 1; title < interactions.users_of_title.rows(); ++title) {
    const auto members = static_cast<double>(interactions.users_of_title[title].size());
    counts.push_back(std::llround(std::max(0.0, members + deviation * random.normal())));
  }
  return counts;
}

MemberSums noisy_sums(const InteractionMatrix& interactions, const at::Tensor& vectors,
                      int64_t most, double noise, RandomStream& random) {
  const at::Tensor wide = vectors.to(at::kDouble).contiguous();
  const int64_t dim = wide.size(1);
  MemberSums sums;
  // One member changes the upper triangle of the Gramian by 1 at most.
  const at::Tensor upper = gaussian({dim, dim}, noise / std::sqrt(kGramianShare), random).triu();
  sums.gramian = positive_part(at::matmul(wide.t(), wide) + upper + upper.triu(1).t());
  // And each of `most` rows of these by 1.
  const double deviation =
      noise * std::sqrt(static_cast<double>(most)) / std::sqrt(1 - kGramianShare);
  sums.of_titles = sums_of(interactions.users_of_title, wide) +
                   gaussian({interactions.users_of_title.rows(), dim}, deviation, random);
  return sums;
}

}  // namespace marquee::models
