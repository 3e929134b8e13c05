#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "common/task/reports.h"
#include "node/process/launcher.h"

namespace pai::node {

/// What one client may use, as the owner of this node says. 0: as much as it likes.
struct ClientLimits {
  std::uint64_t memory_bytes = 0;  ///< of the process
  double cpu_cores = 0;            ///< 0.5: half a core
  double run_seconds = 0;          ///< from start to end
  std::uint64_t disk_bytes = 0;    ///< its task directory and the data set that it makes, together

  /// Some of them are looked after by this daemon while the client runs.
  bool watched() const { return memory_bytes > 0 || run_seconds > 0 || disk_bytes > 0; }
  bool operator==(const ClientLimits&) const = default;
};

enum class Limit { kMemory, kTime, kDisk };

/// "memory", "time", "disk": as in metrics.
std::string_view limit_name(Limit limit);
/// The setting that raises it.
std::string_view limit_setting(Limit limit);

/// What a running client was last seen to use. Nothing: it could not be looked at.
struct Used {
  std::optional<std::uint64_t> memory_bytes = {};
  double run_seconds = 0;
  std::optional<std::uint64_t> disk_bytes = {};
};

/// A client went beyond what it may use.
struct Excess {
  Limit limit = Limit::kMemory;
  double used = 0;     ///< bytes or seconds; of memory and disk as last seen, which may be less than what was wanted
  double allowed = 0;  ///< likewise

  /// `used more memory than it may at node 'bank': 1.0 GiB seen, 1.0 GiB allowed (limits.process_memory_bytes_max …)`
  std::string sentence(std::string_view node) const;
};

/// What this daemon itself ends a client for: its time, or the disk. Pure.
std::optional<Excess> excess_of(const ClientLimits& limits, const Used& used);

/// Why a client ended, if the kernel held it to a limit: refused it memory, killed it for memory, or refused a file more bytes.
/// Nothing when the limit is off, or the end has another cause. Pure.
std::optional<Excess> excess_at_end(const ClientLimits& limits, const Used& used, const std::optional<task::ClientReport>& report,
                                    const process::Outcome& outcome);

/// `1.5 GiB`.
std::string bytes_text(double bytes);

}  // namespace pai::node
