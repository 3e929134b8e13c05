#pragma once

#include <condition_variable>
#include <deque>
#include <mutex>
#include <utility>

#include "client/channel/channel.h"

namespace pai::client::align {

/// Messages for one peer from several threads. Relayed ones are always taken: in a ring where everyone waits
/// for room at the next, nobody would move. New ones wait while there is a backlog.
template <class Message>
class Outbox {
 public:
  Outbox(Channel& channel, int peer) : channel_(channel), peer_(peer) {}

  void relay(Message message) { put(std::move(message)); }
  /// Waits for room; false when the outbox was closed.
  bool offer(Message message) {
    {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [&] { return waiting_.size() < kBacklogMax || closed_; });
      if (closed_) return false;
    }
    put(std::move(message));
    return true;
  }
  /// No message follows; what waits is still sent unless sending failed.
  void close() {
    {
      const std::lock_guard lock(mutex_);
      closed_ = true;
    }
    changed_.notify_all();
  }
  /// Sends until the outbox is closed and empty, or sending fails; the work of a thread of its own. After a
  /// failure the caller closes the outbox, once it kept the error: those who wait for room then fail too, and
  /// must not be heard first.
  Status run() {
    for (;;) {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [&] { return !waiting_.empty() || closed_; });
      if (waiting_.empty()) return {};
      Message message = std::move(waiting_.front());
      waiting_.pop_front();
      lock.unlock();
      changed_.notify_all();
      PAI_TRY(channel_.send(peer_, std::move(message)));
    }
  }

 private:
  static constexpr std::size_t kBacklogMax = 4;

  void put(Message message) {
    {
      const std::lock_guard lock(mutex_);
      waiting_.push_back(std::move(message));
    }
    changed_.notify_all();
  }

  Channel& channel_;
  int peer_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Message> waiting_;
  bool closed_ = false;
};

}  // namespace pai::client::align
