#include "models/kernels/tasks.h"

#include <algorithm>
#include <atomic>

namespace marquee::models {

void in_tasks(int64_t count, int64_t size, const std::function<void(int64_t, int64_t)>& body) {
  const int64_t tasks = (count + size - 1) / size;
  std::atomic<int64_t> next = 0;
#pragma omp parallel if (tasks > 1)
  for (int64_t task = next++; task < tasks; task = next++) {
    body(task * size, std::min(count, (task + 1) * size));
  }
}

}  // namespace marquee::models
