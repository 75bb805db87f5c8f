// Dropout whose choices are a hash of a seed and an element's number: nothing is stored for the
// gradient, and all threads draw at once. The seed comes from PyTorch's generator, so that a run
// that goes on draws what it would have drawn. On a GPU it is PyTorch's own.
#pragma once

#include <ATen/core/Tensor.h>

#include "models/kernels/kernels.h"

namespace marquee::models {

// With a new seed. share: of elements, in [0, 1).
Dropout draw_dropout(double share);

// x, of which in training a share is 0 and the rest larger by as much.
at::Tensor dropped(const at::Tensor& x, double share, bool training);

// x + dropped(change), in one pass.
at::Tensor add_dropped(const at::Tensor& x, const at::Tensor& change, double share, bool training);

}  // namespace marquee::models
