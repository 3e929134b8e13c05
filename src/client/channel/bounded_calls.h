#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <utility>

namespace pai::client {

/// Transport calls that must end within a time and know no deadline of their own (handshakes, last reads): those that are
/// late are cancelled. At most `count_max` at once, so that strangers can't pile them up. Thread-safe.
class BoundedCalls {
 public:
  using Clock = std::chrono::steady_clock;

  explicit BoundedCalls(std::size_t count_max) : count_max_(count_max) {}

  /// While it lives its call is bounded; afterwards the call's `cancel` is never used.
  class Ticket {
   public:
    Ticket(Ticket&& other) noexcept : owner_(std::exchange(other.owner_, nullptr)), number_(other.number_) {}
    Ticket& operator=(Ticket&&) = delete;
    ~Ticket() {
      if (owner_ != nullptr) owner_->leave(number_);
    }

   private:
    friend class BoundedCalls;
    Ticket(BoundedCalls* owner, std::uint64_t number) : owner_(owner), number_(number) {}
    BoundedCalls* owner_;
    std::uint64_t number_;
  };

  /// `cancel` must be quick; it is called with a lock held. Nothing when there are too many, or after `close`.
  std::optional<Ticket> admit(Clock::duration time, std::function<void()> cancel);
  void cancel_late(Clock::time_point now);
  void wait_until_none(Clock::time_point deadline);
  /// Cancels all, admits no more.
  void close();

 private:
  struct Call {
    Clock::time_point deadline;
    std::function<void()> cancel;
  };
  void leave(std::uint64_t number);

  const std::size_t count_max_;
  std::mutex mutex_;
  std::condition_variable none_;
  bool closed_ = false;
  std::uint64_t next_ = 0;
  std::map<std::uint64_t, Call> calls_;
};

}  // namespace pai::client
