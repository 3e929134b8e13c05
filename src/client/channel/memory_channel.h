#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "client/channel/task_channel.h"

namespace pai::client {

/// What the network between the parties of one process does to them.
struct MemoryNetwork {
  /// The connection of two parties breaks after `from` sent this many frames to `to`.
  struct Cut {
    int from = 0;
    int to = 0;
    std::uint64_t after_frames = 0;
  };

  std::size_t bytes_max = std::size_t{8} << 20;  ///< per direction of a pair, before the sender waits
  std::chrono::milliseconds stall_timeout{60'000};
  /// Each frame is held up to this long before it is delivered, drawn from `seed`: shakes the order of events between pairs.
  std::chrono::microseconds delay_max{0};
  std::uint64_t seed = 1;
  std::optional<Cut> cut = std::nullopt;
  /// Sees every frame as it is sent, in the sender's thread; may be called from several threads at once.
  std::function<void(int from, int to, const v1::Frame& frame)> tap = {};
};

/// Channels of `parties` clients (ids 0 to parties - 1) that live in this process, all connected. The channels keep
/// their network alive together. A channel that is destroyed without `finish` is lost to its peers.
std::vector<std::unique_ptr<TaskChannel>> make_memory_channels(int parties, const MemoryNetwork& network = {});

}  // namespace pai::client
