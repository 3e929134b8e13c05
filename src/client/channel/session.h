#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "client/channel/bounded_calls.h"
#include "client/channel/event_loop.h"
#include "client/channel/peer.h"
#include "common/log/log.h"
#include "common/task/task_file.h"
#include "common/tls/tls.h"
#include "pai/v1/task_query.pb.h"

namespace pai::client {

/// Takes one event of the channel's for the log.
using EventLog = std::function<void(log::Level level, std::string_view event, const log::Fields& fields)>;

/// What the two ends of the transport, the one that accepts and those that dial, work on.
struct Session {
  const task::TaskFile& task;
  std::optional<tls::Material> material;  ///< absent: insecure
  std::vector<std::unique_ptr<Peer>>& peers;  ///< by client id; null for ourselves
  EventLoop& loop;                            ///< the acceptor gives it its queue
  EventLog log;
  std::function<v1::QueryReply()> answer_query;
  BoundedCalls calls;

  Peer& peer(int client) const { return *peers.at(static_cast<std::size_t>(client)); }
};

}  // namespace pai::client
