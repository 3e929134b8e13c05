#pragma once

#include <vector>

#include "client/channel/channel.h"
#include "common/task/hash_chain.h"

namespace pai::client {

/// Where a peer said its ledger stood when it ended.
struct PeerLedger {
  int peer = 0;
  task::HashChain::Head head;
};

/// A channel as its owner (the runtime) sees it: what roles may do, and the end.
class TaskChannel : public Channel {
 public:
  /// Tells every peer how this party ended and waits, a few seconds at most, until they have read all that was sent.
  /// With an error the peers' calls that concern this party fail with its message and blame. Called once, after the
  /// role returned; of the calls, only those that tell what was follow. `ledger`: where ours stands, for the peers to keep.
  virtual void finish(const Status& outcome, const task::HashChain::Head& ledger = {}) = 0;
  /// Of the peers that told, ascending.
  virtual std::vector<PeerLedger> peer_ledgers() const { return {}; }
};

}  // namespace pai::client
