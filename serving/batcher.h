// Work-conserving batching: a batch is whatever is queued when a worker becomes free, so a lone job
// never waits for company and a crowd shares one pass over the catalogue.
#pragma once

#include <algorithm>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <limits>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "configs/server_config.h"
#include "core/text.h"
#include "core/threads.h"

namespace marquee::serving {

template <typename Job>
class Batcher {
 public:
  // At least one worker. `run` is called on the workers, by several at once, with 1 to max_batch
  // jobs, oldest first. It must not throw.
  Batcher(const configs::BatchingConfig& options, std::function<void(std::vector<Job>)> run)
      : options_(options), run_(std::move(run)) {
    for (int i = 0; i < options.workers; ++i) {
      workers_.emplace_back([this, i] {
        name_this_thread(cat("worker-", i));
        work();
      });
    }
  }

  ~Batcher() { stop(); }
  Batcher(const Batcher&) = delete;
  Batcher& operator=(const Batcher&) = delete;

  // False, and the job is as it was, where the queue is full, `most` jobs wait in it already, or
  // stop() was called.
  bool push(Job& job, size_t most = std::numeric_limits<size_t>::max()) {
    {
      const std::lock_guard lock(mutex_);
      if (stopping_ ||
          std::cmp_greater_equal(queue_.size(),
                                 std::min(most, static_cast<size_t>(options_.max_requests))))
        return false;
      queue_.push_back(std::move(job));
    }
    ready_.notify_one();
    return true;
  }

  size_t depth() const {
    const std::lock_guard lock(mutex_);
    return queue_.size();
  }

  // Takes no more jobs, runs those that are queued, and waits for them.
  void stop() {
    {
      const std::lock_guard lock(mutex_);
      stopping_ = true;
    }
    ready_.notify_all();
    for (auto& worker : workers_) {
      if (worker.joinable()) worker.join();
    }
  }

 private:
  void work() {
    while (true) {
      std::vector<Job> batch;
      {
        std::unique_lock lock(mutex_);
        ready_.wait(lock, [&] { return stopping_ || !queue_.empty(); });
        if (queue_.empty()) return;
        while (!queue_.empty() && std::cmp_less(batch.size(), options_.max_batch)) {
          batch.push_back(std::move(queue_.front()));
          queue_.pop_front();
        }
      }
      run_(std::move(batch));
    }
  }

  const configs::BatchingConfig options_;
  const std::function<void(std::vector<Job>)> run_;
  mutable std::mutex mutex_;  // guards queue_ and stopping_
  std::condition_variable ready_;
  std::deque<Job> queue_;
  bool stopping_ = false;
  std::vector<std::thread> workers_;
};

}  // namespace marquee::serving
