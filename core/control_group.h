// What the control groups of a container or a service leave to this process: cgroups v1 and v2,
// wherever they are mounted.
#pragma once

#include <cstdint>
#include <filesystem>
#include <limits>

namespace marquee {

// Values where no group has a limit: infinity, and the largest number.
struct GroupLimits {
  double processors = std::numeric_limits<double>::infinity();  // of time a second, may be 1.5
  int64_t free_memory = std::numeric_limits<int64_t>::max();    // bytes until the limit
};

// The strictest limits of this process's groups and of those above them, as
// Documentation/admin-guide/cgroup-v1 and cgroup-v2.rst of Linux define them. What cannot be read
// is no limit. `system` holds proc and the mount points; tests give another.
GroupLimits group_limits(const std::filesystem::path& system = "/");

}  // namespace marquee
