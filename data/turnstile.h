// Lets threads through one at a time, in the order of their tickets.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <mutex>

namespace marquee::data {

// Tickets are 0, 1, 2, ... and each must be held by a running thread once its turn can come.
class Turnstile {
 public:
  // Runs `body` once all smaller tickets have gone through. When one of them threw, `body` is
  // skipped. The exception of `body` goes on to the caller.
  template <typename Body>
  void pass(int64_t ticket, const Body& body) {
    std::unique_lock lock(mutex_);
    turn_.wait(lock, [&] { return next_ == ticket || closed_; });
    if (closed_) return;
    try {
      body();
    } catch (...) {
      closed_ = true;
      turn_.notify_all();
      throw;
    }
    ++next_;
    turn_.notify_all();
  }

  // For a ticket that will never pass: those behind it return.
  void close() {
    const std::lock_guard lock(mutex_);
    closed_ = true;
    turn_.notify_all();
  }

 private:
  std::mutex mutex_;  // guards the two below, and is held by the one who passes
  int64_t next_ = 0;
  bool closed_ = false;
  std::condition_variable turn_;
};

}  // namespace marquee::data
