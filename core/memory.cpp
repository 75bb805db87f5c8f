#include "core/memory.h"

#include <algorithm>
#include <fstream>
#include <limits>
#include <string>

namespace marquee {

namespace {

int64_t free_of_machine() {
  std::ifstream info("/proc/meminfo");
  std::string key, unit;
  int64_t kibibytes = 0;
  while (info >> key >> kibibytes) {
    if (key == "MemAvailable:") return kibibytes * 1024;
    std::getline(info, unit);
  }
  return 0;
}

// What is left of the control group's limit ("max" where it has none: nothing is read then).
int64_t free_of_group() {
  int64_t limit = 0, used = 0;
  if (!(std::ifstream("/sys/fs/cgroup/memory.max") >> limit)) {
    return std::numeric_limits<int64_t>::max();
  }
  std::ifstream("/sys/fs/cgroup/memory.current") >> used;
  return std::max<int64_t>(0, limit - used);
}

}  // namespace

int64_t available_memory() { return std::min(free_of_machine(), free_of_group()); }

}  // namespace marquee
