// Named tensors in a file, in the safetensors layout (a length, a JSON header with name, type,
// shape and place of each, then the bytes): readable from Python, and nothing in it can run.
#pragma once

#include <ATen/core/Tensor.h>

#include <filesystem>
#include <map>
#include <string>

namespace torch::nn {
class Module;
}

namespace marquee::models {

using NamedTensors = std::map<std::string, at::Tensor>;

// Parameters and buffers, shared with the module.
NamedTensors tensors_of(torch::nn::Module& module);

// Copies to the CPU as it writes. Types: float32, float64, int64, uint8, bool.
void save_tensors(const NamedTensors& tensors, const std::filesystem::path& file);

// Throws Error (artefact) for a header that is too long, not JSON, or does not fit the bytes.
NamedTensors load_tensors(const std::filesystem::path& file);

// Copies `from` over `to`, whose names and shapes must be exactly the same; Error (artefact) names
// the first that is missing, left over or of another shape. `what` names them in the message.
void copy_tensors(const NamedTensors& from, NamedTensors& to, const std::string& what);

}  // namespace marquee::models
