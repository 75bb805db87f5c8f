// Killed, out of space, forbidden, twice at once: nothing half-written is ever left to be read.
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <thread>

#include "core/interrupt.h"
#include "tests/data/fixtures.h"

namespace marquee::data {
namespace {

namespace fs = std::filesystem;

constexpr int kRows = 400'000;

std::string many_rows() {
  std::string text = "user_id,title_id,timestamp\n";
  for (int i = 0; i < kRows; ++i) {
    text += std::to_string(i % 5003 * 7919) + "," + std::to_string(i % 997) + "," +
            std::to_string(i) + "\n";
  }
  return text;
}

// Runs `body` in a child process; its exit code, or minus the signal that ended it.
template <typename Body>
int in_child(const Body& body) {
  const pid_t child = fork();
  if (child == 0) _exit(body());
  int status = 0;
  waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

int exit_code_of(const IngestOptions& options) {
  try {
    ingest(options);
    return 0;
  } catch (const Error& e) {
    return e.exit_code();
  }
}

TEST(Disaster, KilledAtAnyTimeTheNextRunWorks) {
  const TempFolder folder;
  IngestOptions options = options_for(folder, many_rows());
  options.overwrite = false;
  int killed = 0;
  for (int delay = 0; delay < 60; delay += 4) {
    const pid_t child = fork();
    if (child == 0) _exit(exit_code_of(options));
    std::this_thread::sleep_for(std::chrono::milliseconds(delay));
    kill(child, SIGKILL);
    int status = 0;
    waitpid(child, &status, 0);
    killed += WIFSIGNALED(status) ? 1 : 0;
    if (fs::exists(options.out)) {  // then it is complete
      EXPECT_EQ(Dataset(options.out).interactions(), kRows);
      fs::remove_all(options.out);
    }
  }
  EXPECT_GT(killed, 0);
  ingest(options);
  EXPECT_EQ(Dataset(options.out).interactions(), kRows);
  EXPECT_EQ(folder.names(), (std::vector<std::string>{"out", "plays.csv"}));
}

// Each staged row has 24 bytes: the file of rows outgrows the limit.
TEST(Disaster, FileTooLargeIsAnErrorThatLeavesTheOldDataset) {
  const TempFolder folder;
  ingest(options_for(folder, "user_id,title_id,timestamp\nu,t,1\n"));
  const IngestOptions options = options_for(folder, many_rows());
  const int failed_so = in_child([&] {
    ::signal(SIGXFSZ, SIG_IGN);
    const rlimit small{1'000'000, 1'000'000};
    setrlimit(RLIMIT_FSIZE, &small);
    const std::string error = error_of(folder, [&] { ingest(options); });
    return error.ends_with(".rows: File too large") ? 1 : 0;
  });
  EXPECT_TRUE(failed_so);
  EXPECT_EQ(Dataset(options.out).interactions(), 1);
  EXPECT_EQ(folder.names(), (std::vector<std::string>{"out", "plays.csv"}));
}

// A disk that has room for the staged rows, but not for the columns beside them.
TEST(Disaster, FullDiskIsAnError) {
  const TempFolder folder;
  const fs::path disk = folder / "disk";
  fs::create_directory(disk);
  if (mount("tmpfs", disk.c_str(), "tmpfs", 0, "size=12m") != 0) {
    GTEST_SKIP() << "may not mount a small disk (needs root)";
  }
  IngestOptions options = options_for(folder, many_rows());
  options.out = disk / "out";
  const std::string error = error_of(folder, [&] { ingest(options); });
  EXPECT_TRUE(error.ends_with(": No space left on device")) << error;
  EXPECT_TRUE(fs::is_empty(disk));
  umount(disk.c_str());
}

TEST(Disaster, ForbiddenOutputIsAnError) {
  if (geteuid() == 0) {
    // Root may write anywhere but below a file.
    const TempFolder folder;
    IngestOptions options = options_for(folder, "user_id,title_id,timestamp\nu,t,1\n");
    options.out = folder / "plays.csv/out";
    EXPECT_EQ(exit_code_of(options), 1);
    return;
  }
  const TempFolder folder;
  IngestOptions options = options_for(folder, "user_id,title_id,timestamp\nu,t,1\n");
  fs::create_directory(folder / "locked");
  fs::permissions(folder / "locked", fs::perms::owner_read | fs::perms::owner_exec);
  options.out = folder / "locked/out";
  EXPECT_EQ(exit_code_of(options), 1);
}

TEST(Disaster, ExistingOutputIsLeftAlone) {
  const TempFolder folder;
  IngestOptions options = options_for(folder, "user_id,title_id,timestamp\nu,t,1\n");
  options.overwrite = false;
  fs::create_directory(options.out);
  EXPECT_EQ(error_of(folder, [&] { ingest(options); }),
            "--out out exists already; name another or give --overwrite");
}

TEST(Disaster, OfTwoProcessesOneWritesAndTheOtherSaysSo) {
  const TempFolder folder;
  IngestOptions options = options_for(folder, many_rows());
  options.overwrite = false;
  const pid_t first = fork();
  if (first == 0) _exit(exit_code_of(options));
  const int second = in_child([&] { return exit_code_of(options); });
  int status = 0;
  waitpid(first, &status, 0);
  const std::vector<int> codes{std::min(WEXITSTATUS(status), second),
                               std::max(WEXITSTATUS(status), second)};
  EXPECT_EQ(codes, (std::vector<int>{0, 2}));
  EXPECT_EQ(Dataset(options.out).interactions(), kRows);
}

TEST(Disaster, InterruptLeavesNothing) {
  const TempFolder folder;
  const IngestOptions options = options_for(folder, many_rows());
  set_interrupted(true);
  EXPECT_THROW(ingest(options), Interrupted);
  set_interrupted(false);
  EXPECT_EQ(folder.names(), std::vector<std::string>{"plays.csv"});
}

}  // namespace
}  // namespace marquee::data
