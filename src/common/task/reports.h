#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "common/base/result.h"
#include "common/task/model.h"
#include "common/task/states.h"
#include "common/task/usage.h"

namespace pai::task {

/// How far a phase is. `total` 0: not known yet.
struct Progress {
  std::string phase;  ///< "connect", "key", "read", "tag", "send", "match", "write", "publish", …
  std::uint64_t done = 0;
  std::uint64_t total = 0;
  std::string unit;   ///< "rows", "tags", "partitions", "points", "batches"
  std::optional<double> seconds_left = std::nullopt;
  std::optional<double> per_second = std::nullopt;  ///< what is done at present

  bool operator==(const Progress&) const = default;
};

/// How long the label client's test record is and how it ends; record.csv has all of it (test_record.h).
struct RecordSummary {
  std::vector<std::string> columns;
  std::uint64_t rows = 0;
  std::vector<double> latest;  ///< as long as `columns`, empty without rows; a NaN is a null in JSON

  bool operator==(const RecordSummary&) const = default;
};

/// The data set that an alignment left at a node. No hashes: they stay at the node.
struct DatasetSummary {
  std::string out_data_path;
  std::vector<std::string> files;    ///< relative to `datasets/<out_data_path>/`
  std::vector<std::string> columns;
  std::uint64_t train_rows = 0;
  std::uint64_t test_rows = 0;
  std::string alignment_id;          ///< lower-case hex

  bool operator==(const DatasetSummary&) const = default;
};

/// A process so named that no other can be mistaken for it.
struct ProcessIdentity {
  std::string boot_id;
  std::int64_t pid = 0;
  std::uint64_t start_time = 0;  ///< field 22 of /proc/<pid>/stat, clock ticks since boot

  bool operator==(const ProcessIdentity&) const = default;
};

/// `state.json`: the client's own account, written atomically by the client, read by its node.
struct ClientReport {
  std::string run_id;
  ClientState state = ClientState::kRunning;  ///< Running, Finished, Failed or Stopped
  Progress progress;
  std::string reason;          ///< one sentence, no data; set when Failed or Stopped
  std::optional<int> blames;   ///< client id
  ProcessIdentity process;
  std::optional<DatasetSummary> dataset;
  std::optional<std::uint64_t> n_batches = std::nullopt;    ///< of training done
  std::optional<RecordSummary> record = std::nullopt;
  std::optional<Usage> usage = std::nullopt;  ///< for the node's metrics; of it the master may be told `peers` (account.h)

  bool operator==(const ClientReport&) const = default;
};

/// A node's judgement of one client: what `/monitor`, `/events` and the node's answers carry.
struct ClientStatus {
  std::string task_name;
  int client = 0;
  ClientState state = ClientState::kCreated;
  std::string run_id;          ///< of the latest start; empty before the first
  Progress progress;
  std::string reason;
  std::optional<int> blames;
  std::optional<int> exit_code;  ///< of the process, when it exited
  std::optional<int> signal;     ///< that killed it
  std::optional<DatasetSummary> dataset;
  double created_at = 0;  ///< Unix seconds; 0: not yet
  double started_at = 0;
  double ended_at = 0;
  std::optional<std::uint64_t> n_batches = std::nullopt;
  std::optional<RecordSummary> record = std::nullopt;

  bool operator==(const ClientStatus&) const = default;
};

/// Decoders check every field (kInvalid with its path): a file or a node's answer is outside input.
nlohmann::json to_json(const Progress& progress);
nlohmann::json to_json(const DatasetSummary& dataset);
nlohmann::json to_json(const ClientReport& report);
nlohmann::json to_json(const ClientStatus& status);
Result<DatasetSummary> dataset_from_json(const nlohmann::json& document);
Result<ClientReport> report_from_json(const nlohmann::json& document);
Result<ClientStatus> status_from_json(const nlohmann::json& document);

}  // namespace pai::task
