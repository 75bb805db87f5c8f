#include "models/layers/unit_vectors.h"

#include <ATen/TensorOperators.h>

namespace marquee::models {

at::Tensor unit_vectors(const at::Tensor& x) {
  constexpr double kShortest = 1e-6;
  // The length of zeros has no derivative: shift it off zero.
  const at::Tensor squares = x.square().sum(-1, /*keepdim=*/true);
  return x * (squares + kShortest * kShortest).rsqrt();
}

}  // namespace marquee::models
