#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>

namespace pai::client {

/// A mutex that can be waited for with a time limit, for std::unique_lock. std::timed_mutex would do, but takes a call that
/// ThreadSanitizer of this compiler does not see, and what it guards could not be checked.
class TimedLock {
 public:
  void lock() {
    std::unique_lock guard(mutex_);
    free_.wait(guard, [this] { return !held_; });
    held_ = true;
  }
  bool try_lock() {
    const std::lock_guard guard(mutex_);
    if (held_) return false;
    return held_ = true;
  }
  bool try_lock_for(std::chrono::steady_clock::duration time) {
    std::unique_lock guard(mutex_);
    if (!free_.wait_for(guard, time, [this] { return !held_; })) return false;
    return held_ = true;
  }
  void unlock() {
    const std::lock_guard guard(mutex_);
    held_ = false;
    free_.notify_one();
  }

 private:
  std::mutex mutex_;
  std::condition_variable free_;
  bool held_ = false;
};

}  // namespace pai::client
