// A bundle is code (SECURITY.md) and may be damaged in ways that no hash shows: it is first loaded
// in a process that can do no harm.
#pragma once

#include <cstdint>
#include <filesystem>

namespace marquee::serving {

// Runs `marquee check` on the bundle and returns the bytes that loading it took. Throws Error with
// its output if it fails, is killed, or takes longer than two minutes.
int64_t check_in_child(const std::filesystem::path& bundle);

// Throws Error if `available` is known (not 0) and less than `needed`.
void require_memory(const std::filesystem::path& bundle, int64_t needed, int64_t available);

// Limits this process to the memory that is free now, a minute of processor time and no network;
// for a process that is about to load a bundle for the first time.
void limit_this_process();

}  // namespace marquee::serving
