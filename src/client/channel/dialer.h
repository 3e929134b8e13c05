#pragma once

#include <chrono>
#include <memory>

#include "client/channel/session.h"

namespace pai::client {

/// Connects to one client with a lower id, and then serves the stream, in a thread of its own.
class Dialer {
 public:
  /// Tries until `deadline`; peers come up in any order. What can't get better ends it at once: a refusal, a wrong
  /// certificate, a port that takes connections but speaks something else. `session` outlives the dialer.
  static std::unique_ptr<Dialer> start(Session& session, Peer& peer, std::chrono::steady_clock::time_point deadline);

  virtual ~Dialer() = default;
  /// Tries no more; a stream that runs is left to end by itself.
  virtual void stop() = 0;
  /// Waits for the thread. Call `stop` first, and cut the peer if it must not take long.
  virtual void join() = 0;
};

}  // namespace pai::client
