#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>

#include "client/channel/session.h"
#include "client/channel/task_channel.h"
#include "common/disclosure/passages.h"
#include "common/task/task_file.h"

namespace pai::client {

struct GrpcChannelOptions {
  /// Grows with this client's work; sent to the peers with each heartbeat. Outlives the channel.
  const std::atomic<std::uint64_t>* progress = nullptr;
  /// Takes what happens to connections; any thread.
  EventLog log = [](log::Level, std::string_view, const log::Fields&) {};
  /// What the master is told, without `waits`, which the channel knows itself; any thread. Absent: an empty reply.
  std::function<v1::QueryReply()> answer_query = {};
  /// Who may send what; a test may have its own.
  disclosure::MayPass may_pass = disclosure::may_pass;
  /// What may wait to be received, over all peers.
  std::size_t inbox_bytes_max = std::size_t{32} << 20;
};

/// Listens on the client's computation port and calls the clients with lower ids; returns at once, sends and receives wait
/// for the connection they need (at most `connect_timeout_s` of the task's node block). Errors: what `tls::load` says,
/// kConflict when the port is taken, kInvalid for a bad bind address, kInternal for a message type without a disclosure.
Result<std::unique_ptr<TaskChannel>> open_grpc_channel(const task::TaskFile& task, const GrpcChannelOptions& options);

}  // namespace pai::client
