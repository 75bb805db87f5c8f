// A linear layer over rows, as processors train it: faster than BLAS where rows are many and
// layers narrow, and the same on any number of threads.
#pragma once

#include <torch/nn/modules/linear.h>

namespace marquee::models {

// layer(x). With x: [rows, width] of floats on a processor by the kernels here, if both widths are
// multiples of kLanes; otherwise, and for other shapes, PyTorch's.
at::Tensor linear(torch::nn::Linear& layer, const at::Tensor& x);

}  // namespace marquee::models
