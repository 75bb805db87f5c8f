// How much memory is available and used.
#pragma once

#include <cstdint>

namespace marquee {

// Bytes that this process can take without swapping or breaking the limit of its control group; 0
// where the system does not say.
int64_t available_memory();

// The most bytes that this process had in memory, mapped files included; 0 where the system does
// not say.
int64_t peak_memory();

}  // namespace marquee
