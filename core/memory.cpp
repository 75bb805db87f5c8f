#include "core/memory.h"

#include <algorithm>
#include <fstream>
#include <limits>
#include <string>

namespace marquee {

namespace {

// The number after a name at the beginning of a line; 0 if there is none.
int64_t number_of(const std::string& name, const char* file) {
  std::ifstream lines(file);
  std::string key, rest;
  while (lines >> key) {
    int64_t number = 0;
    if (key == name) return lines >> number ? number : 0;
    std::getline(lines, rest);
  }
  return 0;
}

// What is left of the control group's limit ("max" where it has none: nothing is read then). Pages
// of files count as used there and are given back when memory is short.
int64_t free_of_group() {
  constexpr const char* kStatistics = "/sys/fs/cgroup/memory.stat";
  int64_t limit = 0, used = 0;
  if (!(std::ifstream("/sys/fs/cgroup/memory.max") >> limit)) {
    return std::numeric_limits<int64_t>::max();
  }
  std::ifstream("/sys/fs/cgroup/memory.current") >> used;
  used -= number_of("inactive_file", kStatistics) + number_of("active_file", kStatistics);
  return std::max<int64_t>(0, limit - used);
}

}  // namespace

int64_t available_memory() {
  return std::min(number_of("MemAvailable:", "/proc/meminfo") * 1024, free_of_group());
}

int64_t peak_memory() { return number_of("VmHWM:", "/proc/self/status") * 1024; }

}  // namespace marquee
