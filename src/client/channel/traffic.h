#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <utility>
#include <vector>

#include "client/channel/channel.h"

namespace pai::client {

/// Counts what was sent, by peer and message type. Thread-safe.
class TrafficCounter {
 public:
  /// `bytes` is the serialized size of the frame.
  void add(int peer, v1::Frame::BodyCase body, std::uint64_t bytes);
  /// Sorted by peer, then type.
  std::vector<Traffic> totals() const;

 private:
  struct Sum {
    std::uint64_t messages = 0;
    std::uint64_t bytes = 0;
  };
  mutable std::mutex mutex_;
  std::map<std::pair<int, int>, Sum> sums_;  // by peer and field number of the body
};

}  // namespace pai::client
