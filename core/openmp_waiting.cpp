#include "core/openmp_waiting.h"

#include <dlfcn.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <optional>

#include "core/log.h"
#include "core/threads.h"

namespace marquee {

namespace {

constexpr auto kInterval = std::chrono::milliseconds(200);
constexpr double kShared = 0.3;   // of a processor's time is waited for: others want it
constexpr double kAlone = 0.1;    // no more than that is: they do not any more
constexpr int kMaxSleeping = 64;  // threads; where more are needed nothing is done
constexpr double kNewest = 0.3;   // weight of an interval in the moving average

// Begins a parallel region of libgomp: fn(data) on `threads` threads.
using Parallel = void (*)(void (*fn)(void*), void* data, unsigned threads, unsigned flags);

// A team of threads that sleep. libgomp lets threads poll for a short time only while it has more
// threads than processors (gomp_throttled_spin_count_var in its wait.h); it has no call to say so,
// and reads its environment once, before main.
class SleepingTeam {
 public:
  // Enough for one thread more than processors, beside the threads that compute.
  static int size() { return std::max(2, usable_processors() - thread_count() + 2); }

  explicit SleepingTeam(Parallel parallel) {
    leader_ = std::thread([this, parallel] {
      name_this_thread("sleeping team");
      parallel(&sleep, &released_, static_cast<unsigned>(size()), 0);
    });
  }
  ~SleepingTeam() {
    released_ = true;
    released_.notify_all();
    leader_.join();
  }
  SleepingTeam(const SleepingTeam&) = delete;
  SleepingTeam& operator=(const SleepingTeam&) = delete;

 private:
  static void sleep(void* released) { static_cast<std::atomic<bool>*>(released)->wait(false); }

  std::atomic<bool> released_ = false;
  std::thread leader_;
};

// Nanoseconds that the threads of this process were ready to run and did not; nothing if the system
// does not say.
std::optional<int64_t> waited() {
  std::optional<int64_t> sum;
  std::error_code ended;
  std::filesystem::directory_iterator task("/proc/self/task", ended);
  for (; !ended && task != std::filesystem::directory_iterator(); task.increment(ended)) {
    int64_t ran = 0, ready = 0;
    if (std::ifstream(task->path() / "schedstat") >> ran >> ready) sum = sum.value_or(0) + ready;
  }
  return sum;
}

void watch(const std::stop_token& stop, Parallel parallel) {
  name_this_thread("openmp waiting");
  std::mutex mutex;  // guards nothing: the condition is the stop alone
  std::condition_variable_any stopped;
  std::optional<SleepingTeam> team;
  double waiting = 0;  // the moving average
  auto before = waited();
  while (before) {
    std::unique_lock lock(mutex);
    if (stopped.wait_for(lock, stop, kInterval, [&] { return stop.stop_requested(); })) return;
    const auto now = waited();
    if (!now) return;
    // Threads that have ended took their time with them: the sum may fall.
    const double share = static_cast<double>(std::max<int64_t>(0, *now - *before)) /
                         static_cast<double>(std::chrono::nanoseconds(kInterval).count());
    before = now;
    waiting += kNewest * (share - waiting);
    if (!team && waiting > kShared) {
      log::debug("other processes want these processors: threads that wait sleep at once");
      team.emplace(parallel);
    } else if (team && waiting < kAlone) {
      log::debug("the processors are free again: threads that wait poll");
      team.reset();
    }
  }
}

}  // namespace

OpenMpWaiting::OpenMpWaiting() {
  const auto parallel = reinterpret_cast<Parallel>(dlsym(RTLD_DEFAULT, "GOMP_parallel"));
  if (parallel == nullptr || thread_count() == 1 || SleepingTeam::size() > kMaxSleeping) return;
  watch_ = std::jthread([parallel](const std::stop_token& stop) { watch(stop, parallel); });
}

}  // namespace marquee
