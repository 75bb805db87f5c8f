#include "models/kernels/tasks.h"

#include <dlfcn.h>

#include <algorithm>
#include <atomic>

namespace marquee::models {

namespace {

struct Tasks {
  int64_t count, size;
  const std::function<void(int64_t, int64_t)>& body;
  std::atomic<int64_t> next = 0;

  void run() {
    for (int64_t begin = next.fetch_add(size); begin < count; begin = next.fetch_add(size)) {
      body(begin, std::min(count, begin + size));
    }
  }
};

// Begins a parallel region of the OpenMP library that LibTorch brings, on as many threads as it
// uses itself. Found by name, so that no compiler's own is linked beside it.
using Parallel = void (*)(void (*fn)(void*), void* data, unsigned threads, unsigned flags);

Parallel parallel_region() {
  static const auto found = reinterpret_cast<Parallel>(dlsym(RTLD_DEFAULT, "GOMP_parallel"));
  return found;
}

}  // namespace

void in_tasks(int64_t count, int64_t size, const std::function<void(int64_t, int64_t)>& body) {
  Tasks tasks{count, size, body};
  const Parallel parallel = parallel_region();
  if (parallel == nullptr || count <= size) return tasks.run();
  parallel([](void* all) { static_cast<Tasks*>(all)->run(); }, &tasks, 0, 0);
}

}  // namespace marquee::models
