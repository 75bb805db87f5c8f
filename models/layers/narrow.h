// Whether products may round their factors to bfloat16: within train.precision "bf16".
#pragma once

namespace marquee::models {

// On a processor. The gradient is taken outside of it, so it has to be asked before.
bool products_are_narrow();

}  // namespace marquee::models
