#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <string>

#include "common/base/result.h"
#include "node/record.h"

namespace pai::node {

/// Computation ports in use by this node's running clients. Thread-safe.
class Ports {
 public:
  explicit Ports(std::string bind_host) : bind_host_(std::move(bind_host)) {}

  /// Takes the port for the client. kConflict names the client that has it, or says that another process
  /// listens on it.
  Status claim(std::uint16_t port, const ClientKey& client);
  /// Whether `claim` would succeed now.
  Status check(std::uint16_t port, const ClientKey& client) const;
  /// Takes it without asking: the client runs already.
  void adopt(std::uint16_t port, const ClientKey& client);
  /// Nothing when the client does not hold it.
  void release(std::uint16_t port, const ClientKey& client);

 private:
  Status check_locked(std::uint16_t port, const ClientKey& client) const;

  const std::string bind_host_;
  mutable std::mutex mutex_;
  std::map<std::uint16_t, ClientKey> holders_;
};

}  // namespace pai::node
