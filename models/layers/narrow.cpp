#include "models/layers/narrow.h"

#include <ATen/autocast_mode.h>

namespace marquee::models {

bool products_are_narrow() {
  return at::autocast::is_autocast_enabled(at::kCPU) &&
         at::autocast::get_autocast_dtype(at::kCPU) == at::kBFloat16;
}

}  // namespace marquee::models
