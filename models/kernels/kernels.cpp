#include "models/kernels/kernels.h"

#include <algorithm>

namespace marquee::models {

const Kernels& kernels_generic();
const Kernels& kernels_avx2();
const Kernels& kernels_avx512();

namespace {

const Kernels& best_kernels() {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("fma")) return kernels_avx512();
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return kernels_avx2();
#endif
  return kernels_generic();
}

template <typename From>
void pack(float* to, int64_t rows, int64_t columns, const From& from) {
  for (int64_t panel = 0; panel < columns; panel += kPanelColumns) {
    const int64_t here = std::min(kPanelColumns, columns - panel);
    for (int64_t row = 0; row < rows; ++row, to += kPanelColumns) {
      for (int64_t j = 0; j < here; ++j) to[j] = from(row, panel + j);
      std::fill(to + here, to + kPanelColumns, 0.0F);
    }
  }
}

}  // namespace

const Kernels& kernels() {
  static const Kernels& best = best_kernels();
  return best;
}

Dropout dropout_of_part(const Dropout& dropout, uint32_t part) {
  uint32_t h = dropout.seed + part * 0x9E3779B9U;
  h = (h ^ (h >> 16)) * 0x85EBCA6BU;
  h = (h ^ (h >> 13)) * 0xC2B2AE35U;
  return {h ^ (h >> 16), dropout.below, dropout.scale};
}

int64_t padded_panels(int64_t rows, int64_t columns) {
  return rows * ((columns + kPanelColumns - 1) / kPanelColumns * kPanelColumns);
}

void pack_panels(float* to, const float* from, int64_t stride, int64_t rows, int64_t columns) {
  pack(to, rows, columns, [&](int64_t row, int64_t j) { return from[row * stride + j]; });
}

void pack_panels_of_transpose(float* to, const float* from, int64_t stride, int64_t rows,
                              int64_t columns) {
  pack(to, rows, columns, [&](int64_t row, int64_t j) { return from[j * stride + row]; });
}

}  // namespace marquee::models
