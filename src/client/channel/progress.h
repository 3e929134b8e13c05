#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>

namespace pai::client {

/// When anybody in the task was last seen to get on: what a stalled conversation is told from a long phase by. A peer
/// may wait for a third party that works, so progress of one is a reason to be patient with all. Thread-safe.
class ProgressClock {
 public:
  using Clock = std::chrono::steady_clock;

  /// `own` counts this client's work; it outlives the object.
  explicit ProgressClock(const std::atomic<std::uint64_t>& own) : own_(own) { touch(); }

  void touch(Clock::time_point now = Clock::now()) { last_ = now.time_since_epoch().count(); }
  Clock::time_point last() const { return Clock::time_point(Clock::duration(last_.load())); }
  /// Grows while our own work does: what heartbeats carry. The work itself would tell the peers the size of our table.
  std::uint64_t steps() const { return steps_.load(std::memory_order_relaxed); }

  /// Looks whether our own work grew since the last look.
  void look_at_own() {
    const auto now = own_.load(std::memory_order_relaxed);
    if (now == seen_.exchange(now)) return;
    ++steps_;
    touch();
  }

 private:
  const std::atomic<std::uint64_t>& own_;
  std::atomic<std::uint64_t> seen_{0};
  std::atomic<std::uint64_t> steps_{0};
  std::atomic<Clock::rep> last_{0};
};

}  // namespace pai::client
