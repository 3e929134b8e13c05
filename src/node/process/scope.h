#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "common/base/result.h"
#include "node/process/launcher.h"

namespace pai::node::process {

/// What a service manager is told of a client. 0: nothing.
struct ScopeLimits {
  std::uint64_t memory_bytes = 0;
  double cpu_cores = 0;
  double run_seconds = 0;

  bool operator==(const ScopeLimits&) const = default;
};

/// Transient units of systemd, by its own systemd-run(1), which asks the manager for a scope around itself and then becomes the program: same
/// process, same parent, same start time, so that a client in a scope is watched and taken back as any other.
class ScopeMaker {
 public:
  /// `program`: systemd-run's absolute path. `user_manager`: the manager of this user and not the system's; root alone may ask that one.
  ScopeMaker(std::string program, bool user_manager) : program_(std::move(program)), user_manager_(user_manager) {}
  /// For whoever this process is, with the system's usual paths.
  static ScopeMaker of_this_user(std::string program);

  /// Whether the manager makes a scope now: makes one around nothing. Takes some 50 ms; kUnavailable with what systemd-run said,
  /// kTimeout after `patience_ms`.
  Status try_it(int patience_ms = 5'000) const;

  /// The same launch within a scope of that name (letters, digits, `._-`).
  LaunchSpec wrap(LaunchSpec spec, const std::string& name, const ScopeLimits& limits) const;

 private:
  std::vector<std::string> options(const std::string& name, const ScopeLimits& limits) const;
  std::vector<std::string> environment() const;

  std::string program_;
  bool user_manager_;
};

/// systemd is this machine's service manager: sd_booted(3).
bool booted_by_systemd();

}  // namespace pai::node::process
