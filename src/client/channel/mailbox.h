#pragma once

#include <chrono>
#include <cstddef>
#include <deque>
#include <optional>
#include <string>
#include <utility>

#include "common/base/result.h"
#include "pai/v1/channel.pb.h"

namespace pai::client {

/// What came from one peer and was not received yet, and how things stand with that peer. Not thread-safe.
class Mailbox {
 public:
  using Clock = std::chrono::steady_clock;
  /// A receive that waits.
  struct Waiting {
    std::string message_type;
    Clock::time_point since;
  };

  explicit Mailbox(std::size_t bytes_max) : bytes_max_(bytes_max) {}

  void open() { open_ = true; }
  bool is_open() const { return open_; }

  /// True when a frame of this size may be put in; one over the bound may when it is alone.
  bool has_room(std::size_t bytes = 0) const { return frames_.empty() || bytes_ + bytes <= bytes_max_; }
  /// False after a failure or `discard`: frames are dropped then.
  bool is_wanted() const { return !failure_ && !discarding_; }
  void put(v1::Frame frame, std::size_t bytes);

  /// A frame or the reason why none will come.
  bool is_ready() const { return failure_ || end_ || !frames_.empty(); }
  /// When ready.
  Result<v1::Frame> take();

  /// Everything fails with this from now on, and frames not yet received are dropped. The first failure
  /// stays.
  void fail(const Error& error);
  /// The peer ended in order: what came before can still be received, then `error` is the answer.
  void end(const Error& error);
  /// Nobody will receive any more: frames are dropped as they come.
  void discard();

  bool has_failed() const { return failure_.has_value(); }
  /// Failed or ended.
  bool is_over() const { return failure_ || end_; }
  std::optional<Error> failure() const { return failure_ ? failure_ : end_; }

  std::optional<Waiting> waiting;

 private:
  const std::size_t bytes_max_;
  std::deque<std::pair<v1::Frame, std::size_t>> frames_;
  std::size_t bytes_ = 0;
  bool open_ = false;
  bool discarding_ = false;
  std::optional<Error> failure_;
  std::optional<Error> end_;
};

}  // namespace pai::client
