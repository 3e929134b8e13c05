#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <string>

#include "common/base/result.h"
#include "pai/v1/channel.pb.h"

namespace pai::client {

/// What came from one peer and was not received yet, and how things stand with that peer. Bounded in bytes: a full
/// inbox blocks its producer, and so the sender at the other end. One producer, any number of receivers.
class Inbox {
 public:
  using Clock = std::chrono::steady_clock;
  /// Until when a call that began at `since` may wait; asked again after each wake-up and at the end of the time.
  using Patience = std::function<Clock::time_point(Clock::time_point since)>;
  enum class Push { kDone, kUnwanted, kOutOfTime };
  /// A receive that waits.
  struct Waiting {
    std::string message_type;
    Clock::time_point since;
  };

  explicit Inbox(std::size_t bytes_max) : bytes_max_(bytes_max) {}

  /// The peer is connected.
  void open();
  /// Waits for `open`; the failure if one came first, nothing when patience ends.
  std::optional<Status> wait_open(const Patience& until);
  /// Waits for a failure or the peer's end; false when patience ends.
  bool wait_failure(const Patience& until);

  /// Adds a frame; waits while there is no room (a frame over the bound passes when it is alone). kUnwanted after a
  /// failure, `discard` or `stop_producer`.
  Push push(v1::Frame frame, std::size_t bytes, const Patience& until);
  /// A producer that waits, or comes later, gives up.
  void stop_producer();

  /// The next frame, or the failure; nothing when patience ends. `message_type` is for `waiting` alone.
  std::optional<Result<v1::Frame>> pop(const std::string& message_type, const Patience& until);

  /// Everything fails with this from now on, and frames not yet received are dropped. The first failure stays.
  void fail(const Error& error);
  /// The peer ended in order: what came before can still be received, then `error` is the answer.
  void end(const Error& error);
  /// Nobody will receive any more: frames are dropped as they come.
  void discard();

  bool is_open() const;
  std::optional<Error> failure() const;
  /// True while the producer waits for room: silence of the peer is then our own doing.
  bool is_full() const;
  std::optional<Waiting> waiting() const;

 private:

  const std::size_t bytes_max_;
  mutable std::mutex mutex_;
  std::condition_variable readable_;
  std::condition_variable writable_;
  std::deque<std::pair<v1::Frame, std::size_t>> frames_;
  std::size_t bytes_ = 0;
  bool open_ = false;
  bool discarding_ = false;
  bool producer_stopped_ = false;
  bool producer_waits_ = false;
  std::optional<Error> failure_;
  std::optional<Error> end_;
  std::optional<Waiting> waiting_;
};

}  // namespace pai::client
