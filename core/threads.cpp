#include "core/threads.h"

#include <pthread.h>
#include <sched.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstdlib>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

#include "core/control_group.h"
#include "core/error.h"
#include "core/text.h"

namespace marquee {

namespace {

std::atomic<int> chosen_threads{0};

// A quota of 1.5 gets two threads: they use all of it.
int processors_to_use() {
  const double quota = std::ceil(group_limits().processors);
  return static_cast<int>(std::clamp<double>(quota, 1, usable_processors()));
}

int threads_from_environment() {
  const char* text = std::getenv("MARQUEE_THREADS");
  if (text == nullptr || *text == '\0') return processors_to_use();
  char* end = nullptr;
  const long value = std::strtol(text, &end, 10);
  if (*end != '\0' || value < 1 || value > 1024) {
    throw Error(cat("MARQUEE_THREADS=", in_quotes(text), ": must be a number from 1 to 1024"));
  }
  return static_cast<int>(value);
}

}  // namespace

int usable_processors() {
  cpu_set_t set;
  if (sched_getaffinity(0, sizeof set, &set) == 0) return std::max(1, CPU_COUNT(&set));
  return std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
}

int thread_count() {
  if (chosen_threads == 0) chosen_threads = threads_from_environment();
  return chosen_threads;
}

void set_thread_count(int count) { chosen_threads = count; }

void name_this_thread(const std::string& name) {
  pthread_setname_np(pthread_self(), name.substr(0, 15).c_str());
}

void parallel_for(int64_t count, int64_t grain, const std::function<void(int64_t, int64_t)>& body,
                  int wanted_threads) {
  const int64_t blocks = (count + grain - 1) / grain;
  const int most = wanted_threads > 0 ? wanted_threads : thread_count();
  const auto workers = static_cast<int>(std::min<int64_t>(most, blocks));
  std::atomic<int64_t> next{0};
  std::mutex mutex;  // guards `failure`
  std::exception_ptr failure;
  const auto work = [&] {
    for (int64_t block; (block = next++) < blocks;) {
      try {
        body(block * grain, std::min(count, (block + 1) * grain));
      } catch (...) {
        const std::lock_guard lock(mutex);
        if (!failure) failure = std::current_exception();
        next = blocks;
      }
    }
  };
  std::vector<std::jthread> threads;
  for (int i = 1; i < workers; ++i) {
    threads.emplace_back([&work] {
      name_this_thread("parallel_for");
      work();
    });
  }
  work();
  threads.clear();
  if (failure) std::rethrow_exception(failure);
}

}  // namespace marquee
