#include "node/settings.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <system_error>
#include <utility>
#include <vector>

#include "common/config/authorities.h"
#include "common/service/privileges.h"
#include "node/grant_book.h"

namespace pai::node {
namespace {

namespace fs = std::filesystem;

class Faults {
 public:
  void add(std::string where, std::string message) {
    details_.push_back({ErrorDetail::Kind::kPath, std::move(where), std::move(message)});
  }
  void add(const std::string& where, const Error& error) { add(where, error.describe()); }
  /// Its details, which have their own places.
  void add_all(const Error& error) { details_.insert(details_.end(), error.details().begin(), error.details().end()); }
  bool any() const { return !details_.empty(); }
  Error error() && {
    return Error(ErrorCode::kInvalid, "the configuration has faults").with_details(std::move(details_));
  }

 private:
  std::vector<ErrorDetail> details_;
};

std::chrono::milliseconds milliseconds(const config::Values& values, std::string_view name) {
  return std::chrono::milliseconds(static_cast<std::int64_t>(values.number(name) * 1'000));
}

fs::path folder(const config::Values& values, std::string_view name, const fs::path& otherwise) {
  const std::string given = values.text_or(name, "");
  return given.empty() ? otherwise : fs::absolute(given).lexically_normal();
}

/// The file beside this program, wherever it was installed.
std::string default_client_program() {
  std::error_code fault;
  const fs::path self = fs::read_symlink("/proc/self/exe", fault);
  return fault ? "pai-client" : (self.parent_path() / "pai-client").string();
}

ShareLogs share_logs_from(const config::Values& values, bool insecure) {
  const std::string name = values.text_or("share_logs", insecure ? "full" : "errors");
  if (name == "none") return ShareLogs::kNone;
  return name == "full" ? ShareLogs::kFull : ShareLogs::kErrors;
}

/// So little is no bound but a fault: no client comes up with less.
constexpr std::uint64_t kProcessMemoryMin = std::uint64_t{256} << 20;
constexpr std::uint64_t kDiskMin = std::uint64_t{1} << 20;

void read_limits(const config::Values& values, Settings& settings, Faults& faults) {
  auto& limits = settings.limits;
  limits.memory_bytes = static_cast<std::uint64_t>(values.integer("limits.process_memory_bytes_max"));
  limits.cpu_cores = values.number("limits.cpu_cores_max");
  limits.run_seconds = values.number("limits.run_seconds_max");
  limits.disk_bytes = static_cast<std::uint64_t>(values.integer("limits.disk_bytes_max"));
  if (limits.memory_bytes > 0 && limits.memory_bytes < kProcessMemoryMin)
    faults.add("limits.process_memory_bytes_max", std::to_string(limits.memory_bytes) + " is too little for any client: at least " + bytes_text(static_cast<double>(kProcessMemoryMin)) + ", or 0 for no bound");
  if (limits.disk_bytes > 0 && limits.disk_bytes < kDiskMin)
    faults.add("limits.disk_bytes_max", std::to_string(limits.disk_bytes) + " is too little for any client: at least " + bytes_text(static_cast<double>(kDiskMin)) + ", or 0 for no bound");
  if (limits.cpu_cores > 0 && limits.cpu_cores < 0.01) faults.add("limits.cpu_cores_max", "is less than a hundredth of a core");
  if (limits.memory_bytes > 0) settings.memory_bytes_max = std::min(settings.memory_bytes_max, limits.memory_bytes / 4);
  const std::string launcher = values.text("launcher");
  settings.launcher = launcher == "systemd" ? Launcher::kSystemd : launcher == "local" ? Launcher::kLocal : Launcher::kAuto;
  settings.systemd_run = fs::absolute(values.text("systemd_run")).lexically_normal().string();
}

ShareLedger share_ledger_from(const config::Values& values) {
  const std::string name = values.text("share_ledger");
  if (name == "none") return ShareLedger::kNone;
  return name == "totals" ? ShareLedger::kTotals : ShareLedger::kFull;
}

void check_security(const Settings& settings, Faults& faults) {
  const bool any_tls =
      !settings.tls.certificate.empty() || !settings.tls.key.empty() || !settings.tls.trusted.empty();
  if (settings.insecure) {
    const std::string why = "insecure allows loopback addresses only (127.0.0.1, ::1, localhost), not ";
    if (!http::is_loopback(settings.listen.host)) faults.add("listen", why + settings.listen.host);
    if (!http::is_loopback(settings.computation_bind))
      faults.add("computation_bind", why + settings.computation_bind);
    if (any_tls) faults.add("insecure", "stands beside a tls block; choose one of them");
    return;
  }
  if (!any_tls) {
    faults.add("tls",
               "there are no certificates: set tls.certificate, tls.key and tls.trusted, or try PAI on one "
               "machine with --insecure and a loopback address");
    return;
  }
  if (settings.tls.certificate.empty()) faults.add("tls.certificate", "is missing");
  if (settings.tls.key.empty()) faults.add("tls.key", "is missing");
  if (settings.tls.trusted.empty()) faults.add("tls.trusted", "is missing");
}

/// Symlinks resolved as far as the path exists, no slash at the end.
fs::path resolved(const fs::path& path) {
  std::error_code fault;
  fs::path canonical = fs::weakly_canonical(path, fault);
  if (fault) canonical = path.lexically_normal();  // it can't be entered: opening it will say so
  return canonical.has_filename() ? canonical : canonical.parent_path();
}

bool contains_or_is(const fs::path& outer, const fs::path& inner) {
  return std::mismatch(outer.begin(), outer.end(), inner.begin(), inner.end()).first == outer.end();
}

/// The node removes what it does not know from its own folders: none may hold another's, or the owner's
/// tables.
void check_separate(const Settings& settings, Faults& faults) {
  const std::array<std::pair<const char*, fs::path>, 4> folders = {
      {{"raw_dir", resolved(settings.raw_dir)},
       {"datasets_dir", resolved(settings.datasets_dir)},
       {"tasks_dir", resolved(settings.tasks_dir)},
       {"staging_dir", resolved(settings.staging_dir)}}};
  for (std::size_t later = 1; later < folders.size(); ++later) {
    for (std::size_t earlier = 0; earlier < later; ++earlier) {
      const auto& [name, path] = folders[later];
      const auto& [other_name, other] = folders[earlier];
      if (!contains_or_is(path, other) && !contains_or_is(other, path)) continue;
      faults.add(name, "'" + path.string() + "' and " + other_name + " '" + other.string() +
                           "' must be separate folders, neither within the other");
    }
  }
}

/// The folder, or the nearest one above it that exists, since missing ones are made at start.
void check_folder(const std::string& name, const fs::path& path, bool writable, Faults& faults) {
  std::error_code fault;
  fs::path present = path;
  while (!fs::exists(present, fault) && present.has_parent_path() && present != present.parent_path()) {
    present = present.parent_path();
  }
  if (!fs::is_directory(present, fault)) {
    faults.add(name, "'" + present.string() + "' is no folder");
    return;
  }
  const bool needs_write = writable || present != path;
  if (::access(present.c_str(), R_OK | X_OK | (needs_write ? W_OK : 0)) != 0) {
    faults.add(name, "'" + present.string() + "': " + errno_message(errno));
  }
}

}  // namespace

Result<PortRange> parse_port_range(const std::string& text) {
  const auto number = [](std::string_view digits) -> std::optional<std::uint16_t> {
    std::uint16_t value = 0;
    const auto [end, fault] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    if (fault != std::errc() || end != digits.data() + digits.size() || value == 0) return std::nullopt;
    return value;
  };
  const std::string_view view = text;
  const auto dash = view.find('-');
  const auto first = number(view.substr(0, dash));
  const auto last = dash == std::string_view::npos ? first : number(view.substr(dash + 1));
  if (!first || !last || *first > *last) {
    return Error(ErrorCode::kInvalid, "'" + text + "' is no range of ports such as 30000-30999 (1-65535)");
  }
  return PortRange{*first, *last};
}

Result<Settings> settings_from(const config::Values& values) {
  Settings settings;
  Faults faults;
  settings.name = values.text("name");
  if (settings.name.empty()) faults.add("name", "is empty");
  if (auto listen = http::parse_host_port(values.text("listen")); listen.ok()) {
    settings.listen = *listen;
  } else {
    faults.add("listen", listen.error());
  }
  settings.insecure = values.boolean("insecure");
  settings.tls = {values.text_or("tls.certificate", ""), values.text_or("tls.key", ""),
                  values.text_or("tls.trusted", ""), values.list("tls.allowed_peers"), config::authorities_from(values), values.list("tls.revoked")};

  settings.data_dir = fs::absolute(values.text("data_dir")).lexically_normal();
  settings.raw_dir = folder(values, "raw_dir", settings.data_dir / "raw");
  settings.datasets_dir = folder(values, "datasets_dir", settings.data_dir / "datasets");
  settings.tasks_dir = folder(values, "tasks_dir", settings.data_dir / "tasks");
  settings.staging_dir = folder(values, "staging_dir", settings.data_dir / "staging");
  check_separate(settings, faults);

  settings.client_program = fs::absolute(values.text_or("client_program", default_client_program())).string();
  if (auto ports = parse_port_range(values.text("computation_ports")); ports.ok()) {
    settings.computation_ports = *ports;
  } else {
    faults.add("computation_ports", ports.error());
  }
  settings.computation_bind = values.text_or("computation_bind", settings.listen.host);
  settings.computation_peers = values.list("computation_peers");
  settings.max_running = static_cast<int>(values.integer("max_running"));
  settings.open_files = static_cast<std::uint64_t>(values.integer("limits.open_files"));
  settings.memory_bytes_max = static_cast<std::uint64_t>(values.integer("limits.memory_bytes_max"));
  read_limits(values, settings, faults);
  settings.share_logs = share_logs_from(values, settings.insecure);
  settings.share_ledger = share_ledger_from(values);
  settings.user = values.text_or("user", "");
  settings.policy = folder(values, "policy", {});
  settings.min_intersection = static_cast<std::uint64_t>(values.integer("min_intersection"));

  settings.prepare_expiry = milliseconds(values, "prepare_expiry_s");
  settings.stop_grace = milliseconds(values, "stop_grace_s");
  settings.connect_timeout_s = values.number("connect_timeout_s");
  settings.heartbeat_s = values.number("heartbeat_s");
  settings.peer_lost_s = values.number("peer_lost_s");
  settings.stall_timeout_s = values.number("stall_timeout_s");
  if (settings.peer_lost_s <= settings.heartbeat_s)
    faults.add("peer_lost_s", "must be longer than heartbeat_s");

  settings.log_level = values.text("log.level");
  settings.log_format = values.text("log.format");
  settings.log = {log::level_from_name(settings.log_level).value_or(log::Level::kInfo),
                  log::format_from_name(settings.log_format).value_or(log::Format::kText),
                  values.text_or("log.file", ""), "pai-node"};
  settings.retention = {.ended_days = values.number("retention.ended_days"),
                        .tasks_max = values.integer("retention.tasks_max"),
                        .models = values.boolean("retention.models")};
  settings.audit_file_bytes_max = static_cast<std::uint64_t>(values.integer("audit.file_bytes_max"));
  settings.http.body_bytes_max = static_cast<std::size_t>(values.integer("http.body_bytes_max"));
  settings.http.connections_max = static_cast<std::size_t>(values.integer("http.connections_max"));
  settings.http.requests_waiting_max = static_cast<std::size_t>(values.integer("http.requests_waiting_max"));
  settings.http.workers = static_cast<std::size_t>(values.integer("http.workers"));
  settings.http.idle_timeout = milliseconds(values, "http.idle_timeout_s");

  check_security(settings, faults);
  if (faults.any()) return std::move(faults).error();
  return settings;
}

Status check_client_program(const Settings& settings) {
  std::error_code fault;
  if (!fs::is_regular_file(settings.client_program, fault)) {
    return Error(ErrorCode::kInvalid, "'" + settings.client_program + "' is no file");
  }
  if (::access(settings.client_program.c_str(), X_OK) == 0) return {};
  return errno_error("'" + settings.client_program + "'", errno);
}

Status check_machine(const Settings& settings) {
  Faults faults;
  check_folder("data_dir", settings.data_dir, true, faults);
  check_folder("raw_dir", settings.raw_dir, false, faults);
  check_folder("datasets_dir", settings.datasets_dir, true, faults);
  check_folder("tasks_dir", settings.tasks_dir, true, faults);
  check_folder("staging_dir", settings.staging_dir, true, faults);
  if (const Status program = check_client_program(settings); !program.ok())
    faults.add("client_program", program.error());
  if (settings.launcher == Launcher::kSystemd && ::access(settings.systemd_run.c_str(), X_OK) != 0) {
    faults.add("systemd_run", "'" + settings.systemd_run + "': " + errno_message(errno) + ", and launcher is \"systemd\"");
  }
  if (!settings.insecure) {
    if (const auto material = tls::load(settings.tls); !material.ok()) faults.add("tls", material.error());
  }
  if (!settings.user.empty()) {
    if (const Status user = service::check_user(settings.user); !user.ok()) faults.add("user", user.error());
  }
  if (!settings.policy.empty()) {
    if (const auto grants = read_policy_file(settings.policy); !grants.ok()) faults.add_all(grants.error());
  }
  if (faults.any()) return std::move(faults).error();
  return {};
}

}  // namespace pai::node
