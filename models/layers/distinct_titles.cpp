#include "models/layers/distinct_titles.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/sort.h>
#include <ATen/ops/zeros_like.h>

namespace marquee::models {

at::Tensor distinct_titles(const Histories& histories) {
  const at::Tensor liked = histories.titles * histories.signals.gt(0);
  const at::Tensor sorted = std::get<0>(liked.sort(/*dim=*/1));
  const at::Tensor before =
      at::cat({at::zeros_like(sorted.slice(1, 0, 1)), sorted.slice(1, 0, -1)}, /*dim=*/1);
  return sorted * sorted.ne(before);
}

}  // namespace marquee::models
