#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <vector>

#include "master/node_link.h"

namespace pai::master {

/// Replies of calls under way, as they come: for who need not hear the last one once it is clear that all will not be well.
/// Any thread; nobody is held up by `put` and `settle`.
class Replies {
 public:
  explicit Replies(std::size_t count) : replies_(count), left_(count) {}

  void put(std::size_t at, NodeReply reply);
  /// How it ends is clear without the replies that are missing.
  void settle();

  /// Returns when all replies are there; or `patience` after one was a failure or `settle` was called. A reply that is
  /// missing then is a kTimeout that says so.
  std::vector<NodeReply> wait(std::chrono::milliseconds patience);

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::optional<NodeReply>> replies_;
  std::size_t left_;
  bool settled_ = false;
};

}  // namespace pai::master
