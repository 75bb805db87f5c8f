// Vectors of length 1, for scores that are cosines.
#pragma once

#include <ATen/core/Tensor.h>

namespace marquee::models {

// x: [..., dim] → the same, each row divided by its length. A row of zeros stays one.
at::Tensor unit_vectors(const at::Tensor& x);

}  // namespace marquee::models
