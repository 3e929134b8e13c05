#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>

#include "common/log/trace.h"
#include "common/task/reports.h"
#include "common/tls/tls.h"

namespace pai::node {

/// In place of the id of a client that was deleted and whose data set stayed.
inline constexpr int kNoClient = -1;

/// One client of one task at this node.
struct ClientKey {
  std::string task_name;
  int client = 0;

  /// Name of its folders: the last `-` separates, since the id has none.
  std::string folder() const { return task_name + "-" + std::to_string(client); }
  /// `task 'credit_v1' client 2`, for sentences.
  std::string text() const {
    if (client == kNoClient) return "task '" + task_name + "', which was deleted";
    return "task '" + task_name + "' client " + std::to_string(client);
  }
  auto operator<=>(const ClientKey&) const = default;
};

/// What was promised about a client and must survive a restart.
enum class Intent { kNone, kDelete, kDeleteWithDatasets };

/// What of the owner's grants a client rests on. All empty where none are asked for.
struct GrantRecord {
  std::string grant;    ///< name of the grant that covered it when it was prepared or last started
  bool manual = false;  ///< that grant wants the owner's approval of each task
  std::optional<tls::PeerIdentity> initiator;  ///< the master's certificate then; absent without TLS
  std::string approved_digest = {};  ///< of the whole specification that the owner approved, see Supervisor::whole_digest
  double approved_at = 0;       ///< Unix seconds

  bool operator==(const GrantRecord&) const = default;
};

/// One row of `clients` in node.db, without the documents.
struct ClientRecord {
  task::ClientStatus status;
  std::string attempt;          ///< of the creation that made it
  std::string digest;           ///< of the task's public part
  std::string master_identity;  ///< who prepared it, see api::caller_of; empty: insecure
  std::uint16_t computation_port = 0;
  std::string out_data_path;      ///< empty: leaves no data set
  double prepared_at = 0;         ///< Unix seconds
  task::ProcessIdentity process;  ///< of the latest start; pid 0 before the first
  std::string stop_reason;        ///< why it was told to stop
  Intent intent = Intent::kNone;
  GrantRecord granted;
  log::Trace trace = {};          ///< of the request that prepared it or, once there was one, started it last

  ClientKey key() const { return {status.task_name, status.client}; }
};

}  // namespace pai::node
