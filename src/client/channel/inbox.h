#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <functional>
#include <mutex>
#include <optional>
#include <string>

#include "client/channel/mailbox.h"

namespace pai::client {

/// A mailbox between threads, for the channel in memory: a full one blocks its producer, and so the sender at the other
/// end. One producer, any number of receivers.
class Inbox {
 public:
  using Clock = Mailbox::Clock;
  using Waiting = Mailbox::Waiting;
  /// Until when a call that began at `since` may wait; asked again after each wake-up and at the end of the time.
  using Patience = std::function<Clock::time_point(Clock::time_point since)>;
  enum class Push { kDone, kUnwanted, kOutOfTime };

  explicit Inbox(std::size_t bytes_max) : mailbox_(bytes_max) {}

  /// Adds a frame; waits while there is no room (a frame over the bound passes when it is alone). kUnwanted after a
  /// failure, `discard` or `stop_producer`.
  Push push(v1::Frame frame, std::size_t bytes, const Patience& until);
  /// A producer that waits, or comes later, gives up.
  void stop_producer();

  /// The next frame, or the failure; nothing when patience ends. `message_type` is for `waiting` alone.
  std::optional<Result<v1::Frame>> pop(const std::string& message_type, const Patience& until);

  void fail(const Error& error);
  void end(const Error& error);
  void discard();

  std::optional<Error> failure() const;
  /// True while the producer waits for room.
  bool is_full() const;
  std::optional<Waiting> waiting() const;
  /// Frames popped so far, and the seconds that was waited for them.
  std::pair<std::uint64_t, double> received() const;

 private:
  mutable std::mutex mutex_;
  std::condition_variable readable_;
  std::condition_variable writable_;
  Mailbox mailbox_;
  bool producer_stopped_ = false;
  bool producer_waits_ = false;
  std::uint64_t popped_ = 0;
  Clock::duration waited_{};
};

}  // namespace pai::client
