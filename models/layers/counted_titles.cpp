#include "models/layers/counted_titles.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/sort.h>
#include <ATen/ops/zeros_like.h>

#include <optional>

namespace marquee::models {

at::Tensor CountedTitles::liked() const {
  return weights.gt(0).sum(1, /*keepdim=*/true).to(at::kFloat);
}

CountedTitles counted_titles(const Histories& histories, double dislikes) {
  const at::Tensor said = histories.titles * histories.signals.ne(0);
  // Not `true` alone, which would be taken for a dimension.
  const auto [sorted, places] = at::sort(said, /*stable=*/std::optional<bool>(true), /*dim=*/1);
  const at::Tensor after =
      at::cat({sorted.slice(1, 1), at::zeros_like(sorted.slice(1, 0, 1))}, /*dim=*/1);
  const at::Tensor newest = at::zeros_like(sorted).scatter(1, places, sorted * sorted.ne(after));
  const at::Tensor liked = histories.signals.gt(0);
  if (dislikes == 0) {
    const at::Tensor titles = newest * liked;
    return {titles, titles.gt(0).to(at::kFloat)};
  }
  const at::Tensor weights = liked.to(at::kFloat) * (1 + dislikes) - dislikes;
  return {newest, weights * newest.gt(0)};
}

}  // namespace marquee::models
