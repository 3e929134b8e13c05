#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <mutex>
#include <string_view>
#include <vector>

#include "client/channel/channel.h"
#include "common/task/usage.h"

namespace pai::client {

/// Sums up by peer what a channel counted; ascending.
std::vector<task::PeerUsage> usage_of(const Channel& channel);

/// What this process has cost so far: for state.json, and so for the node's metrics. Thread-safe.
class UsageMeter {
 public:
  using Clock = std::chrono::steady_clock;

  /// `now`: when the first phase begins.
  UsageMeter(std::string_view first_phase, Clock::time_point now);

  void phase(std::string_view name, Clock::time_point now);
  /// Asked at each reading from now on. Null: asked a last time, and what it said stays.
  void follow_peers(std::function<std::vector<task::PeerUsage>()> source);

  task::Usage read(Clock::time_point now);

 private:
  void close_phase(Clock::time_point now);

  std::mutex mutex_;  ///< taken before what the source takes
  task::Usage usage_;
  std::size_t present_ = 0;  ///< of usage_.phases
  Clock::time_point since_;
  std::function<std::vector<task::PeerUsage>()> peers_;
};

}  // namespace pai::client
