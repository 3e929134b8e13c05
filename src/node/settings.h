#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "common/base/result.h"
#include "common/config/settings.h"
#include "common/http/server.h"
#include "common/log/log.h"
#include "common/tls/tls.h"
#include "node/limits.h"
#include "node/retention.h"

namespace pai::node {

/// How much of a client's log its master may read.
enum class ShareLogs { kNone, kErrors, kFull };

/// How clients are run: as plain children, in transient units of systemd, or so where that can be and there are limits to hold them to.
enum class Launcher { kAuto, kLocal, kSystemd };

/// How much of what left a client its master may read: nothing, sums by peer, or also those of its ledger of disclosures.
enum class ShareLedger { kNone, kTotals, kFull };

/// Ports from first to last, both included.
struct PortRange {
  std::uint16_t first = 1024;
  std::uint16_t last = 65535;

  bool contains(std::uint16_t port) const { return first <= port && port <= last; }
  std::string text() const { return std::to_string(first) + "-" + std::to_string(last); }
  bool operator==(const PortRange&) const = default;
};

/// "30000-30999" or a single port; kInvalid says what is wrong.
Result<PortRange> parse_port_range(const std::string& text);

/// Everything this daemon is told, checked.
struct Settings {
  std::string name;
  http::HostPort listen;
  bool insecure = false;
  tls::Files tls;

  std::filesystem::path data_dir, raw_dir, datasets_dir, tasks_dir, staging_dir;  ///< absolute

  std::string user;  ///< that this daemon becomes when root starts it; empty: it stays who it is
  std::string client_program;
  PortRange computation_ports;
  std::string computation_bind;
  std::vector<std::string> computation_peers;  ///< of other parties, that may call our clients; empty: all
  int max_running = 0;                         ///< clients at once; 0: any number
  std::uint64_t open_files = 0;                ///< of a client; 0: as the daemon's
  std::uint64_t memory_bytes_max = 0;          ///< of a client's tables
  ClientLimits limits;
  Launcher launcher = Launcher::kAuto;
  std::string systemd_run;                     ///< path

  std::filesystem::path policy;  ///< the owner's grants, absolute; empty: only those made with paictl
  ShareLogs share_logs = ShareLogs::kErrors;
  ShareLedger share_ledger = ShareLedger::kFull;
  std::uint64_t min_intersection = 1;

  std::chrono::milliseconds prepare_expiry{60'000};
  std::chrono::milliseconds stop_grace{5'000};
  double connect_timeout_s = 60;
  double heartbeat_s = 2;
  double peer_lost_s = 6;
  double stall_timeout_s = 600;

  RetentionRules retention;
  std::uint64_t audit_file_bytes_max = 0;
  log::Options log;
  std::string log_level = "info", log_format = "text";  ///< as clients are told
  http::Limits http;
};

/// The one declaration of all settings: file, flags, checks, help and the documentation page come from it.
const config::Declaration& declaration();

/// From checked values to settings: what a single value can't show, such as --insecure on a public address.
/// All faults are reported together (kInvalid).
Result<Settings> settings_from(const config::Values& values);

/// Whether the client program is there and may be run.
Status check_client_program(const Settings& settings);

/// What can only be seen on this machine, for --check-config: folders that can't be used, the client program,
/// TLS files. Creates nothing. All faults are reported together.
Status check_machine(const Settings& settings);

}  // namespace pai::node
