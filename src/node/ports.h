#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <set>
#include <string>

#include "common/base/result.h"
#include "node/record.h"
#include "node/settings.h"

namespace pai::node {

/// Computation ports in use by this node's running clients. Thread-safe.
class Ports {
 public:
  /// Of one master, for clients that it did not prepare yet: more than any task has, and none holds a whole range for nothing.
  static constexpr int kAssignedMax = 64;

  explicit Ports(std::string bind_host) : bind_host_(std::move(bind_host)) {}

  /// Takes the port for the client. kConflict names the client that has it, or says that another process
  /// listens on it.
  Status claim(std::uint16_t port, const ClientKey& client);
  /// Whether `claim` would succeed now.
  Status check(std::uint16_t port, const ClientKey& client) const;
  /// Finds a port of the range for a client that is to be prepared: none that `in_use` or `avoid` has, that was assigned to another
  /// within `hold_s` before `now` (steady seconds), that a running client holds, or that anybody listens on. Held for `hold_s`, unless `only_look`; the
  /// same attempt gets the same again. kConflict when there is none; kBusy when `kAssignedMax` are held for this caller.
  Result<std::uint16_t> assign(const PortRange& range, const std::string& caller, const ClientKey& client, const std::string& attempt, const std::set<std::uint16_t>& in_use,
                               const std::set<std::uint16_t>& avoid, double now, double hold_s, bool only_look);
  /// Takes it without asking: the client runs already.
  void adopt(std::uint16_t port, const ClientKey& client);
  /// Nothing when the client does not hold it.
  void release(std::uint16_t port, const ClientKey& client);

 private:
  Status check_locked(std::uint16_t port, const ClientKey& client) const;

  const std::string bind_host_;
  struct Assigned {
    std::string caller;
    ClientKey client;
    std::string attempt;
    double until = 0;
  };

  mutable std::mutex mutex_;
  std::map<std::uint16_t, Assigned> assigned_;  ///< not prepared yet; then node.db knows
  std::uint16_t next_ = 0;                      ///< where the search goes on, so that a port is not used again at once
  std::map<std::uint16_t, ClientKey> holders_;
};

}  // namespace pai::node
