// Settings of jemalloc that it reads when it is loaded, before main.
#pragma once

namespace marquee::cli {

// Gives train, tune and evaluate an allocator that keeps freed memory for the next step, on huge
// pages (docs/performance.md), unless the environment has MALLOC_CONF. This program is started
// again for that, in the same process, so call it before anything has been done; if that fails, the
// command goes on without. The processes that it starts have the same settings.
void keep_freed_memory();

// The same for a program that this one is about to start in its place.
void set_memory_to_keep();

}  // namespace marquee::cli
