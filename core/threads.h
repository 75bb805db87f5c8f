// Data-parallel loops on named threads. The blocks depend on `count` and `grain` alone, never on
// the number of threads, so a caller that combines blocks in order gets the same result everywhere.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

namespace marquee {

// Threads to use: what was set, else MARQUEE_THREADS, else the processors that affinity and the
// quota of the control group leave to this process, rounded up.
int thread_count();
void set_thread_count(int count);

// Those that the affinity of this process allows.
int usable_processors();

// Shown by top and gdb; cut at 15 characters.
void name_this_thread(const std::string& name);

// Runs body(begin, end) over [0, count) in blocks of `grain`, on up to `threads` threads (0:
// thread_count()). The first exception of a block is thrown here once the others have stopped.
void parallel_for(int64_t count, int64_t grain, const std::function<void(int64_t, int64_t)>& body,
                  int threads = 0);

}  // namespace marquee
