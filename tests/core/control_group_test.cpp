#include "core/control_group.h"

#include <gtest/gtest.h>

#include <fstream>

#include "tests/core/temp_folder.h"

namespace marquee {
namespace {

namespace fs = std::filesystem;

// A system with the files that a test writes.
class ControlGroup : public testing::Test {
 protected:
  void write(const fs::path& file, const std::string& text) {
    fs::create_directories((folder_.path() / file).parent_path());
    std::ofstream(folder_.path() / file) << text;
  }
  GroupLimits limits() const { return group_limits(folder_.path()); }

 private:
  TempFolder folder_;
};

constexpr const char* kUnifiedMount =
    "22 1 8:1 / / rw,relatime - ext4 /dev/sda1 rw\n"
    "31 23 0:28 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate\n";

TEST_F(ControlGroup, WithoutOneNothingIsLimited) {
  EXPECT_EQ(limits().processors, std::numeric_limits<double>::infinity());
  EXPECT_EQ(limits().free_memory, std::numeric_limits<int64_t>::max());
}

TEST_F(ControlGroup, TheStrictestQuotaOfAUnifiedPathCounts) {
  write("proc/self/mountinfo", kUnifiedMount);
  write("proc/self/cgroup", "0::/service/pod/container\n");
  write("sys/fs/cgroup/service/pod/container/cpu.max", "400000 100000\n");
  EXPECT_EQ(limits().processors, 4);
  write("sys/fs/cgroup/service/cpu.max", "150000 100000\n");
  EXPECT_EQ(limits().processors, 1.5);
  write("sys/fs/cgroup/service/pod/container/cpu.max", "max 100000\n");
  EXPECT_EQ(limits().processors, 1.5);
  write("sys/fs/cgroup/service/cpu.max", "max 100000\n");
  EXPECT_EQ(limits().processors, std::numeric_limits<double>::infinity());
}

TEST_F(ControlGroup, MemoryOfFilesIsFreeInAUnifiedGroup) {
  write("proc/self/mountinfo", kUnifiedMount);
  write("proc/self/cgroup", "0::/\n");
  write("sys/fs/cgroup/memory.max", "1000000\n");
  write("sys/fs/cgroup/memory.current", "700000\n");
  write("sys/fs/cgroup/memory.stat", "anon 500000\ninactive_file 150000\nactive_file 50000\n");
  EXPECT_EQ(limits().free_memory, 500'000);
  write("sys/fs/cgroup/memory.current", "1300000\n");
  EXPECT_EQ(limits().free_memory, 0);
  write("sys/fs/cgroup/memory.max", "max\n");
  EXPECT_EQ(limits().free_memory, std::numeric_limits<int64_t>::max());
}

// What a container without a namespace of its own sees: the path that the host gives it, and its
// own group as the mount point.
TEST_F(ControlGroup, TheFirstVersionMountedInAContainer) {
  write("proc/self/mountinfo",
        "32 31 0:29 /docker/4f /sys/fs/cgroup/cpu,cpuacct ro - cgroup cgroup rw,cpu,cpuacct\n"
        "33 31 0:30 /docker/4f /sys/fs/cgroup/memory ro master:9 - cgroup cgroup rw,memory\n"
        "34 31 0:31 /docker/4f /sys/fs/cgroup/pids ro - cgroup cgroup rw,pids\n");
  write("proc/self/cgroup",
        "9:pids:/docker/4f\n5:memory:/docker/4f\n4:cpu,cpuacct:/docker/4f\n0::/docker/4f\n");
  const fs::path cpu = "sys/fs/cgroup/cpu,cpuacct", memory = "sys/fs/cgroup/memory";
  write(cpu / "cpu.cfs_quota_us", "-1\n");
  write(cpu / "cpu.cfs_period_us", "50000\n");
  write(memory / "memory.limit_in_bytes", "9223372036854771712\n");
  write(memory / "memory.usage_in_bytes", "400\n");
  EXPECT_EQ(limits().processors, std::numeric_limits<double>::infinity());
  EXPECT_EQ(limits().free_memory, std::numeric_limits<int64_t>::max());
  write(cpu / "cpu.cfs_quota_us", "25000\n");
  write(memory / "memory.limit_in_bytes", "1000\n");
  write(memory / "memory.stat", "inactive_file 1\ntotal_inactive_file 30\ntotal_active_file 70\n");
  EXPECT_EQ(limits().processors, 0.5);
  EXPECT_EQ(limits().free_memory, 700);
}

TEST_F(ControlGroup, BothVersionsMayBeMountedAnywhere) {
  write("proc/self/mountinfo",
        "32 31 0:29 / /groups\\040of/cpu rw - cgroup cgroup rw,cpu\n"
        "41 31 0:38 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n");
  write("proc/self/cgroup", "1:cpu:/batch\n0::/\n");
  write("groups of/cpu/batch/cpu.cfs_quota_us", "300000\n");
  write("groups of/cpu/batch/cpu.cfs_period_us", "100000\n");
  EXPECT_EQ(limits().processors, 3);
}

TEST_F(ControlGroup, APathOutsideTheMountIsTheMountPoint) {
  write("proc/self/mountinfo", kUnifiedMount);
  write("proc/self/cgroup", "0::/../..\n");
  write("sys/fs/cgroup/cpu.max", "200000 100000\n");
  write("cpu.max", "100000 100000\n");
  EXPECT_EQ(limits().processors, 2);
}

}  // namespace
}  // namespace marquee
