#pragma once

#include <condition_variable>
#include <cstdint>
#include <mutex>

namespace pai::client::align {

/// How far one thread is, for another that follows it.
class Counter {
 public:
  struct View {
    std::uint64_t count = 0;
    bool finished = false;
  };

  void set(std::uint64_t count) {
    {
      const std::lock_guard lock(mutex_);
      count_ = count;
    }
    changed_.notify_all();
  }
  /// The count grows no more.
  void finish() {
    {
      const std::lock_guard lock(mutex_);
      finished_ = true;
    }
    changed_.notify_all();
  }
  /// Waits until the count differs from `seen`, or is final. Whoever counts always finishes, on success and
  /// on failure.
  View wait(std::uint64_t seen) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return count_ != seen || finished_; });
    return {count_, finished_};
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::uint64_t count_ = 0;
  bool finished_ = false;
};

}  // namespace pai::client::align
