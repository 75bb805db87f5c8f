#include "models/kernels/kernels.h"

namespace marquee::models {

const Kernels& kernels_generic();
const Kernels& kernels_avx2();
const Kernels& kernels_avx512();
const Kernels& kernels_avx512_bf16();

namespace {

const Kernels& best_kernels() {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("fma")) return kernels_avx512();
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return kernels_avx2();
#endif
  return kernels_generic();
}

const Kernels& narrowest_kernels() {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512bf16")) {
    return kernels_avx512_bf16();
  }
#endif
  return best_kernels();
}

}  // namespace

const Kernels& kernels(bool narrow) {
  static const Kernels& best = best_kernels();
  static const Kernels& narrowest = narrowest_kernels();
  return narrow ? narrowest : best;
}

Dropout dropout_of_part(const Dropout& dropout, uint32_t part) {
  uint32_t h = dropout.seed + part * 0x9E3779B9U;
  h = (h ^ (h >> 16)) * 0x85EBCA6BU;
  h = (h ^ (h >> 13)) * 0xC2B2AE35U;
  return {h ^ (h >> 16), dropout.below, dropout.scale, dropout.first};
}

}  // namespace marquee::models
