#pragma once

#include "client/channel/channel.h"

namespace pai::client {

/// A channel as its owner (the runtime) sees it: what roles may do, and the end.
class TaskChannel : public Channel {
 public:
  /// Tells every peer how this party ended and waits, a few seconds at most, until they have read all that was sent.
  /// With an error the peers' calls that concern this party fail with its message and blame. Called once, after the
  /// role returned; no call may follow.
  virtual void finish(const Status& outcome) = 0;
};

}  // namespace pai::client
