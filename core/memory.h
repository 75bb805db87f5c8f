// How much memory there is to take.
#pragma once

#include <cstdint>

namespace marquee {

// Bytes that this process can take without swapping or breaking the limit of its control group; 0
// where the system does not say.
int64_t available_memory();

}  // namespace marquee
