#include "models/layers/distinct_titles.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/sort.h>
#include <ATen/ops/zeros_like.h>

#include <optional>

namespace marquee::models {

namespace {
at::Tensor liked(const Histories& histories) { return histories.titles * histories.signals.gt(0); }
}  // namespace

at::Tensor distinct_titles(const Histories& histories) {
  const at::Tensor sorted = std::get<0>(liked(histories).sort(/*dim=*/1));
  const at::Tensor before =
      at::cat({at::zeros_like(sorted.slice(1, 0, 1)), sorted.slice(1, 0, -1)}, /*dim=*/1);
  return sorted * sorted.ne(before);
}

at::Tensor distinct_events(const Histories& histories) {
  // Not `true` alone, which would be taken for a dimension.
  const auto [sorted, places] =
      at::sort(liked(histories), /*stable=*/std::optional<bool>(true), /*dim=*/1);
  const at::Tensor after =
      at::cat({sorted.slice(1, 1), at::zeros_like(sorted.slice(1, 0, 1))}, /*dim=*/1);
  return at::zeros_like(sorted).scatter(1, places, sorted * sorted.ne(after));
}

}  // namespace marquee::models
