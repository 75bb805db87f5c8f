// Where tensors live: "auto", "cpu" or "cuda".
#pragma once

#include <string>

namespace marquee::models {

// "cuda" or "cpu". Loads LibTorch's CUDA half when a GPU is requested or, for "auto", when the
// machine shows one. Throws Error for "cuda" where no device is usable, saying why.
std::string resolve_device(const std::string& requested);

}  // namespace marquee::models
