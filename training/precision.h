// Mixed precision for the forward pass of one scope and thread (docs/libtorch.md).
#pragma once

#include <ATen/core/Tensor.h>

#include <string>

namespace marquee::training {

class Autocast {
 public:
  // device: "cpu" or "cuda". With `enabled` false it does nothing.
  Autocast(const std::string& device, bool enabled);
  ~Autocast();
  Autocast(const Autocast&) = delete;
  Autocast& operator=(const Autocast&) = delete;

 private:
  bool enabled_;
  at::DeviceType device_;
  bool was_enabled_ = false;
  at::ScalarType dtype_ = at::kFloat;
};

}  // namespace marquee::training
