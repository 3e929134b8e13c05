#pragma once

#include <exception>
#include <mutex>
#include <optional>
#include <string>

#include "client/channel/channel.h"

namespace pai::client::align {

/// The first failure among threads that work together. It cancels the channel, so that the others stop
/// waiting; what follows from that is not reported.
class FirstError {
 public:
  explicit FirstError(Channel& channel) : channel_(channel) {}

  /// Runs a thread's work and takes its outcome. No exception leaves: out of memory is an error like others.
  template <class Work>
  void run(Work&& work) {
    try {
      take(work());
    } catch (const std::exception& exception) {
      take(Error(ErrorCode::kInternal,
                 std::string("out of memory or another fault of the system: ") + exception.what()));
    }
  }
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
