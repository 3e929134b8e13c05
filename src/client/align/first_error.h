#pragma once

#include <mutex>
#include <optional>

#include "client/channel/channel.h"

namespace pai::client::align {

/// The first failure among threads that work together. It cancels the channel, so that the others stop waiting; what follows from
/// that is not reported.
class FirstError {
 public:
  explicit FirstError(Channel& channel) : channel_(channel) {}

  /// Takes a thread's outcome.
  void take(Status status) {
    if (status.ok()) return;
    {
      const std::lock_guard lock(mutex_);
      if (error_) return;
      error_ = status.error();
    }
    channel_.cancel(status.error());
  }
  Status status() const {
    const std::lock_guard lock(mutex_);
    return error_ ? Status(*error_) : Status();
  }

 private:
  Channel& channel_;
  mutable std::mutex mutex_;
  std::optional<Error> error_;
};

}  // namespace pai::client::align
