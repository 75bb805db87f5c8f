#include "core/memory.h"

#include <algorithm>
#include <fstream>
#include <string>

#include "core/control_group.h"

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

}  // namespace

int64_t available_memory() {
  return std::min(number_of("MemAvailable:", "/proc/meminfo") * 1024, group_limits().free_memory);
}

int64_t peak_memory() { return number_of("VmHWM:", "/proc/self/status") * 1024; }

}  // namespace marquee
