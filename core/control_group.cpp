#include "core/control_group.h"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <optional>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "core/text.h"

namespace marquee {

namespace fs = std::filesystem;

namespace {

// A hierarchy of groups, and this process's place in it.
struct Hierarchy {
  bool unified = false;               // v2
  std::set<std::string> controllers;  // of v1: cpu, memory or both
  std::vector<fs::path> groups;       // folders, this process's own first, the mount point last
};

std::set<std::string> words_of(const std::string& list) {
  const std::vector<std::string> words = split(list, ',');
  return {words.begin(), words.end()};
}

// The kernel writes blanks in the paths of mountinfo as \040.
fs::path mounted_path(const std::string& text) {
  std::string path;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\' && i + 3 < text.size()) {
      path += static_cast<char>(std::stoi(text.substr(i + 1, 3), nullptr, 8));
      i += 3;
    } else {
      path += text[i];
    }
  }
  return path;
}

// The path of this process's group; a line is "4:cpu,cpuacct:/a/b", or "0::/a/b" in v2.
std::optional<fs::path> own_group(const fs::path& system, const Hierarchy& hierarchy) {
  std::ifstream lines(system / "proc/self/cgroup");
  for (std::string line; std::getline(lines, line);) {
    const size_t first = line.find(':'), second = line.find(':', first + 1);
    if (first == std::string::npos || second == std::string::npos) continue;
    const std::string names = line.substr(first + 1, second - first - 1);
    const bool is_it = hierarchy.unified ? names.empty()
                                         : words_of(names).contains(*hierarchy.controllers.begin());
    if (is_it) return line.substr(second + 1);
  }
  return std::nullopt;
}

// The folders from this process's group up to the mount point. A container may see the mount point
// of its own group and the path that the host gives it: then the mount point is the group.
std::vector<fs::path> folders(const fs::path& mount_point, const fs::path& mounted_group,
                              const fs::path& group) {
  const fs::path below = group.lexically_relative(mounted_group);
  std::vector<fs::path> result;
  if (!below.empty() && *below.begin() != ".." && below != ".") {
    for (fs::path path = below; !path.empty(); path = path.parent_path()) {
      result.push_back(mount_point / path);
    }
  }
  result.push_back(mount_point);
  return result;
}

// A line of mountinfo: "36 31 0:33 /group /mount/point rw,... - cgroup cgroup rw,cpu,cpuacct".
std::optional<Hierarchy> hierarchy(const fs::path& system, const std::string& mount) {
  std::istringstream stream(mount);
  const std::vector<std::string> words{std::istream_iterator<std::string>(stream), {}};
  const auto dash = std::find(words.begin(), words.end(), "-");
  if (words.size() < 6 || words.end() - dash < 4) return std::nullopt;
  Hierarchy result;
  result.unified = dash[1] == "cgroup2";
  for (const char* controller : {"cpu", "memory"}) {
    if (words_of(dash[3]).contains(controller)) result.controllers.insert(controller);
  }
  const bool has_limits = dash[1] == "cgroup" && !result.controllers.empty();
  if (!result.unified && !has_limits) return std::nullopt;
  const auto group = own_group(system, result);
  if (!group) return std::nullopt;
  result.groups =
      folders(system / mounted_path(words[4]).relative_path(), mounted_path(words[3]), *group);
  return result;
}

// The numbers of a file, as many as `count`; nothing if there is another word, such as "max".
std::optional<std::vector<double>> numbers(const fs::path& file, size_t count) {
  std::ifstream stream(file);
  std::vector<double> values(count);
  for (double& value : values) {
    if (!(stream >> value)) return std::nullopt;
  }
  return values;
}

// The sum of some lines of memory.stat.
double statistics(const fs::path& file, const std::set<std::string>& names) {
  std::ifstream stream(file);
  std::string name;
  double sum = 0;
  for (double value = 0; stream >> name >> value;) {
    if (names.contains(name)) sum += value;
  }
  return sum;
}

double processors(const fs::path& group, bool unified) {
  constexpr double kNone = std::numeric_limits<double>::infinity();
  if (unified) {
    const auto quota_and_period = numbers(group / "cpu.max", 2);
    return quota_and_period ? quota_and_period->at(0) / quota_and_period->at(1) : kNone;
  }
  const auto quota = numbers(group / "cpu.cfs_quota_us", 1);
  const auto period = numbers(group / "cpu.cfs_period_us", 1);
  return quota && period && quota->at(0) > 0 ? quota->at(0) / period->at(0) : kNone;
}

// Pages of files count as used and are given back when memory is short.
int64_t free_memory(const fs::path& group, bool unified) {
  constexpr int64_t kNone = std::numeric_limits<int64_t>::max();
  const auto limit = numbers(group / (unified ? "memory.max" : "memory.limit_in_bytes"), 1);
  const auto used = numbers(group / (unified ? "memory.current" : "memory.usage_in_bytes"), 1);
  constexpr double kUnlimited = 9e18;  // v1 writes the largest number of pages for none
  if (!limit || !used || limit->at(0) > kUnlimited) return kNone;
  const std::set<std::string> files =
      unified ? std::set<std::string>{"inactive_file", "active_file"}
              : std::set<std::string>{"total_inactive_file", "total_active_file"};
  const double free = limit->at(0) - used->at(0) + statistics(group / "memory.stat", files);
  return std::max<int64_t>(0, static_cast<int64_t>(std::min(free, limit->at(0))));
}

}  // namespace

GroupLimits group_limits(const fs::path& system) {
  GroupLimits limits;
  std::ifstream mounts(system / "proc/self/mountinfo");
  for (std::string line; std::getline(mounts, line);) {
    const auto found = hierarchy(system, line);
    if (!found) continue;
    for (const auto& group : found->groups) {
      limits.processors = std::min(limits.processors, processors(group, found->unified));
      limits.free_memory = std::min(limits.free_memory, free_memory(group, found->unified));
    }
  }
  return limits;
}

}  // namespace marquee
