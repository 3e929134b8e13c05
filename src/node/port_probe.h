#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "common/base/result.h"
#include "node/ports.h"
#include "node/settings.h"

namespace pai::node {

/// For `paictl preflight`: opens a computation port for a moment, and tries whether the ports that other nodes opened can
/// be reached. Whoever connects to an opened port is told the nonce, which the master drew and gave to both ends, and
/// nothing else. Bounded, so that a node is nobody's port scanner: 4 ports at once for 15 s at most, 16 targets a call,
/// one call at a time and 30 a minute, 2 s a target; each call is audited. A target without the nonce tells no more than that.
class PortProbe {
 public:
  explicit PortProbe(const Settings& settings);
  ~PortProbe();

  /// Listens as a client would, on a port of `computation_ports`; 0: the first free one. Gives the port. kDenied: it is
  /// not allowed; kConflict: somebody has it; kBusy: too many are open.
  Result<std::uint16_t> open(std::uint16_t port, const std::string& nonce);
  /// Nothing open under this nonce is fine.
  void close(const std::string& nonce);

  struct Target {
    std::string addr;
    std::uint16_t port = 0;
  };
  static constexpr std::size_t kTargetsMax = 16;
  /// For each target "reached" or "not reached": why not would make a scanner of this node. The log names each target. kBusy: another call is trying.
  Result<std::vector<std::string>> try_all(const std::vector<Target>& targets, const std::string& nonce);

 private:
  class Listener;
  void drop_ended();

  const Settings& settings_;
  std::mutex mutex_;
  std::mutex trying_;
  std::vector<std::chrono::steady_clock::time_point> tried_at_;  ///< guarded by `trying_`
  std::vector<std::unique_ptr<Listener>> open_;
};

}  // namespace pai::node
