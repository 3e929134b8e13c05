#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include <nlohmann/json.hpp>

#include "common/base/result.h"
#include "common/tls/tls.h"

namespace pai::master {

/// Where a running client is asked.
struct ClientAddress {
  std::string host;
  std::uint16_t port = 0;
  std::string identity;  ///< expected certificate name or fingerprint; empty: the host
};

/// Live questions to running clients (proto/pai/v1/task_query.proto). gRPC stays in the .cpp. Thread-safe.
class TaskQuery {
 public:
  static std::unique_ptr<TaskQuery> make(std::optional<tls::Material> tls);
  virtual ~TaskQuery() = default;

  /// The client's answer: state, phase, progress, n_batches, record, waits. kNodeFailed when it cannot be reached or
  /// refuses, kTimeout after `deadline`.
  virtual Result<nlohmann::json> ask(const ClientAddress& address, const std::string& task_name, int client,
                                     std::chrono::milliseconds deadline) = 0;
  virtual void reload_tls(const tls::Material& material) = 0;
};

}  // namespace pai::master
