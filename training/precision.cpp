#include "training/precision.h"

#include <ATen/autocast_mode.h>

namespace marquee::training {

Autocast::Autocast(const std::string& device, bool enabled)
    : enabled_(enabled), device_(device == "cuda" ? at::kCUDA : at::kCPU) {
  if (!enabled_) return;
  was_enabled_ = at::autocast::is_autocast_enabled(device_);
  dtype_ = at::autocast::get_autocast_dtype(device_);
  at::autocast::set_autocast_enabled(device_, true);
  at::autocast::set_autocast_dtype(device_, at::kBFloat16);
  at::autocast::increment_nesting();
}

Autocast::~Autocast() {
  if (!enabled_) return;
  if (at::autocast::decrement_nesting() == 0) at::autocast::clear_cache();
  at::autocast::set_autocast_enabled(device_, was_enabled_);
  at::autocast::set_autocast_dtype(device_, dtype_);
}

}  // namespace marquee::training
