// A bundle is code (SECURITY.md) and may be damaged in ways that no hash tells: it is loaded first
// where it can do no harm.
#pragma once

#include <filesystem>

namespace marquee::server {

// Runs `marquee check` on the bundle. Throws Error with what that said if it fails, is killed, or
// takes longer than two minutes.
void check_in_child(const std::filesystem::path& bundle);

// Limits this process to memory that is there now, to a minute of processor time and to no network;
// for a process that is about to load a bundle nobody has loaded before.
void limit_this_process();

}  // namespace marquee::server
