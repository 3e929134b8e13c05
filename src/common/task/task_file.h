#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include "common/base/result.h"
#include "common/task/model.h"
#include "common/tls/tls.h"

namespace pai::task {

/// What a client keeps of what left it, beside task.json.
inline constexpr const char* kLedgerFileName = "disclosures.jsonl";

/// What the reason of a client begins with that got no memory.
inline constexpr std::string_view kOutOfMemory = "out of memory";

/// The `node` block of task.json: written by the node from its own configuration, never taken from a request.
struct NodeBlock {
  std::string name;
  std::string raw_root;        ///< absolute folders
  std::string datasets_root;
  std::string bind;            ///< address that the computation port listens on
  bool insecure = false;
  tls::Files tls;
  std::string master_identity; ///< fingerprint of the master's certificate; only it may ask TaskQuery (empty: insecure)
  std::uint64_t min_intersection = 1;
  std::uint64_t rows_max = 0;      ///< of the raw file, by the owner's grant; 0: any
  std::string raw_sha256;          ///< of the raw file when the node looked, if a grant pins it; else empty
  std::uint64_t memory_bytes_max = std::uint64_t{1} << 30;  ///< above it tables are read twice instead of held
  double connect_timeout_s = 60;
  double heartbeat_s = 2;
  double peer_lost_s = 6;
  double stall_timeout_s = 600;
  std::string model_folder;    ///< absolute: where this party's part of the model lies; a prediction only, else empty
  bool resume = false;         ///< this start goes on from the last checkpoint
  std::string log_level = "info";
  std::string log_format = "text";
};

/// `task.json`: everything a client is started with; data, never code.
struct TaskFile {
  TaskSpec spec;        ///< other parties' own settings are absent
  int client_id = 0;
  std::string run_id;   ///< set anew at each start
  std::string traceparent = {};  ///< of the start, for the log; empty: none
  NodeBlock node;

  const ClientSpec& self() const { return spec.clients.at(static_cast<std::size_t>(client_id)); }
};

nlohmann::json to_json(const TaskFile& file);
/// Validates all of it (kInvalid with paths), the task part by `validate_node_part`.
Result<TaskFile> task_file_from_json(const nlohmann::json& document);

}  // namespace pai::task
