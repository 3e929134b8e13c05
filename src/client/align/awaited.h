#pragma once

#include <exception>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "client/channel/channel.h"

namespace pai::client::align {

/// A peer's next message, waited for by a thread of its own while this one does something long that needs no message: a
/// peer that is lost meanwhile is noticed then, and not after it. Nobody else receives from the peer until `take`.
template <class Message>
class Awaited {
 public:
  Awaited(Channel& channel, int peer) : channel_(channel) {
    try {
      thread_ = std::thread([this, peer] { wait_for(peer); });
    } catch (const std::exception& exception) {
      end(Error(ErrorCode::kInternal, std::string("cannot start a thread: ") + exception.what()));
    }
  }
  Awaited(const Awaited&) = delete;
  Awaited& operator=(const Awaited&) = delete;
  /// One that was not taken ends the conversation: the role is over.
  ~Awaited() {
    if (!thread_.joinable()) return;
    channel_.cancel(Error(ErrorCode::kCancelled, "another part of this client failed"));
    thread_.join();
  }

  /// Why no message will come; ok as long as one may, and when it is there.
  Status failure() const {
    const std::lock_guard lock(mutex_);
    return outcome_ && !outcome_->ok() ? Status(outcome_->error()) : Status();
  }
  /// Waits for it. Once.
  Result<Message> take() {
    if (thread_.joinable()) thread_.join();
    return std::move(*outcome_);
  }

 private:
  void wait_for(int peer) {
    try {
      end(channel_.receive<Message>(peer));
    } catch (const std::exception& exception) {
      end(Error(ErrorCode::kInternal, std::string("out of memory or another fault of the system: ") + exception.what()));
    }
  }
  void end(Result<Message> outcome) {
    const std::lock_guard lock(mutex_);
    outcome_.emplace(std::move(outcome));
  }

  Channel& channel_;
  mutable std::mutex mutex_;
  std::optional<Result<Message>> outcome_;
  std::thread thread_;
};

}  // namespace pai::client::align
