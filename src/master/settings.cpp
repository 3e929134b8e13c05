#include "master/settings.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

#include "common/config/authorities.h"

namespace pai::master {
namespace {

namespace fs = std::filesystem;
using config::Setting;
using Kind = config::Setting::Kind;

Setting seconds(std::string name, double otherwise, double min, double max, std::string help) {
  return {.name = std::move(name), .kind = Kind::kNumber, .default_value = otherwise, .min = min, .max = max,
          .unit = "seconds", .help = std::move(help)};
}

std::vector<Setting> make_settings() {
  return {
      {.name = "listen", .kind = Kind::kHostPort, .required = true, .help = "Address for users' calls, HOST:PORT."},
      {.name = "data_dir", .kind = Kind::kPath, .required = true, .help = "Folder of master.db; made with mode 0700 when missing."},
      {.name = "insecure", .kind = Kind::kBool, .default_value = false, .help = "Plain HTTP and plain gRPC without identities; loopback addresses only."},

      {.name = "tls.certificate", .kind = Kind::kPath, .help = "PEM chain of this master, own certificate first."},
      {.name = "tls.key", .kind = Kind::kPath, .help = "PEM key of the certificate, readable by the owner only."},
      {.name = "tls.trusted", .kind = Kind::kPath, .help = "PEM bundle of the authorities whose certificates are believed."},
      {.name = "tls.allowed_peers", .kind = Kind::kList, .help = "Names or sha256: fingerprints that may call; all trusted ones if empty."},
      {.name = "tls.revoked", .kind = Kind::kList, .help = "sha256: fingerprints, or names, of certificates that are believed no more."},
      {.name = "tls.client_certificates", .kind = Kind::kChoice, .default_value = std::string("optional"), .choices = {"optional", "required"}, .help = "Whether callers without a certificate may connect, to show a token; required: nobody without one gets that far."},
      {.name = "certificate_role", .kind = Kind::kChoice, .choices = {"none", "viewer", "operator", "admin"}, .help = "Role of a trusted certificate that no [[users]] names; if not given: admin where tls.allowed_peers lists who may call and there are no [[users]], else none."},

      seconds("node_connect_timeout_s", 3, 0.01, 3'600, "To connect to a node."),
      seconds("node_call_timeout_s", 10, 0.01, 3'600, "For a node to answer a call."),
      seconds("start_timeout_s", 60, 0.1, 86'400, "From a start until every client must run."),
      seconds("node_lost_timeout_s", 600, 0.1, 1e7, "A running task whose node cannot be reached this long is Failed."),
      seconds("blame_wait_s", 2, 0, 60, "How long a client's failure waits for the account of the client that it blames."),

      {.name = "log.level", .kind = Kind::kChoice, .default_value = std::string("info"), .choices = {"debug", "info", "warning", "error"}, .help = "Least level that is logged."},
      {.name = "log.format", .kind = Kind::kChoice, .default_value = std::string("text"), .choices = {"text", "json"}, .help = "Format of log lines."},
      {.name = "log.file", .kind = Kind::kPath, .help = "Log file; standard error if not given."},

      {.name = "retention.ended_days", .kind = Kind::kNumber, .default_value = 0.0, .min = 0, .max = 36'500, .unit = "days", .help = "Tasks that ended longer ago are deleted, here and at their nodes, but not their data sets; 0 keeps them."},
      {.name = "retention.tasks_max", .kind = Kind::kInteger, .default_value = std::int64_t{0}, .min = 0, .max = 1e9, .unit = "tasks", .help = "Of the tasks that ended only the latest so many are kept, likewise; 0 sets no bound."},
      {.name = "retention.models", .kind = Kind::kBool, .default_value = false, .help = "Whether that is also for trainings that finished, with which the parties' models go."},

      {.name = "audit.file_bytes_max", .kind = Kind::kInteger, .default_value = std::int64_t{16} << 20, .min = 64 * 1024, .max = 1 << 30, .unit = "bytes", .help = "Size at which audit.jsonl is renamed to audit-N.jsonl and a new one goes on. None is deleted."},
      {.name = "http.body_bytes_max", .kind = Kind::kInteger, .default_value = std::int64_t{1} << 20, .min = 1024, .max = 1 << 30, .unit = "bytes", .help = "Largest request body, that is, the largest task."},
      {.name = "http.connections_max", .kind = Kind::kInteger, .default_value = std::int64_t{1024}, .min = 1, .max = 1e6, .help = "Connections at once."},
      {.name = "http.requests_waiting_max", .kind = Kind::kInteger, .default_value = std::int64_t{512}, .min = 1, .max = 1e6, .help = "Requests that may wait for a worker; more are answered 429."},
      {.name = "http.workers", .kind = Kind::kInteger, .default_value = std::int64_t{16}, .min = 1, .max = 1024, .help = "Threads that answer requests."},
      seconds("http.idle_timeout_s", 60, 0.1, 86'400, "A connection without a request for this long is closed."),
  };
}

std::vector<config::TableList> make_tables() {
  return {config::authorities_table(),
          {.name = "users",
           .columns = {{.name = "name", .kind = Kind::kString, .required = true, .help = "Name of the user, as tasks and the audit log show it."},
                       {.name = "identity", .kind = Kind::kString, .required = true, .help = "Name in the user's certificate, or its sha256: fingerprint."},
                       {.name = "role", .kind = Kind::kChoice, .required = true, .choices = {"viewer", "operator", "admin"}, .help = "What the user may do: viewer reads, operator runs tasks, admin does everything."}},
           .help = "Users with a client certificate. Users with a token are made by paictl user add. The first that matches counts."},
          {.name = "nodes",
           .columns = {{.name = "name", .kind = Kind::kString, .required = true, .help = "Name of the node, for people."},
                       {.name = "addr", .kind = Kind::kString, .required = true, .help = "Host name or IP address, as tasks write it."},
                       {.name = "http_port", .kind = Kind::kInteger, .required = true, .min = 1, .max = 65'535, .help = "Port of the node's HTTP API."},
                       {.name = "identity", .kind = Kind::kString, .help = "Name in the node's certificate, or its sha256: fingerprint; addr if not given."}},
           .help = "The nodes that this master may contact. With insecure, any loopback address is allowed as well."}};
}

class Faults {
 public:
  void add(std::string where, std::string message) {
    details_.push_back({ErrorDetail::Kind::kPath, std::move(where), std::move(message)});
  }
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

void check_security(const Settings& settings, Faults& faults) {
  const auto& tls = settings.tls;
  const bool any_tls = !tls.certificate.empty() || !tls.key.empty() || !tls.trusted.empty();
  if (settings.insecure) {
    if (!http::is_loopback(settings.listen.host)) {
      faults.add("listen", "insecure allows loopback addresses only (127.0.0.1, ::1, localhost), not " + settings.listen.host);
    }
    if (any_tls) faults.add("insecure", "stands beside a tls block; choose one of them");
    return;
  }
  if (!any_tls) {
    faults.add("tls", "there are no certificates: set tls.certificate, tls.key and tls.trusted, or try PAI on one "
                      "machine with --insecure and a loopback address");
    return;
  }
  if (tls.certificate.empty()) faults.add("tls.certificate", "is missing");
  if (tls.key.empty()) faults.add("tls.key", "is missing");
  if (tls.trusted.empty()) faults.add("tls.trusted", "is missing");
}

void read_users(const config::Values& values, Settings& settings, Faults& faults) {
  std::size_t index = 0;
  for (const auto& row : values.table("users")) {
    const auto where = "users[" + std::to_string(index++) + "]";
    ConfiguredUser user{.name = row.text("name"), .identity = row.text("identity"), .role = *access::role_from_name(row.text("role"))};
    if (const auto name = access::check_user_name(user.name); !name.ok()) faults.add(where + ".name", name.error().describe());
    if (user.identity.empty()) faults.add(where + ".identity", "is empty");
    settings.door.users.push_back(std::move(user));
  }
  settings.door.insecure = settings.insecure;
  if (settings.insecure && !settings.door.users.empty()) {
    faults.add("users", "insecure knows no certificates; make users with tokens: paictl user add");
  }
  // With a list of users, taking one out of it must not make it an admin.
  const auto usual = settings.tls.allowed_peers.empty() || !settings.door.users.empty() ? "none" : "admin";
  settings.door.other_certificates = *access::role_from_name(values.text_or("certificate_role", usual));
  settings.certificate_optional = values.text("tls.client_certificates") == "optional";
}

void read_nodes(const config::Values& values, Settings& settings, Faults& faults) {
  std::size_t index = 0;
  for (const auto& row : values.table("nodes")) {
    const auto where = "nodes[" + std::to_string(index++) + "]";
    ConfiguredNode node{.name = row.text("name"),
                        .endpoint = {.host = row.text("addr"),
                                     .port = static_cast<std::uint16_t>(row.integer("http_port")),
                                     .identity = row.text_or("identity", "")}};
    if (node.name.empty()) faults.add(where + ".name", "is empty");
    if (node.endpoint.host.empty()) faults.add(where + ".addr", "is empty");
    if (settings.insecure && !http::is_loopback(node.endpoint.host)) {
      faults.add(where + ".addr", "insecure allows loopback addresses only, not " + node.endpoint.host);
    }
    const bool twice = std::any_of(settings.nodes.begin(), settings.nodes.end(), [&](const ConfiguredNode& other) {
      return other.endpoint.host == node.endpoint.host && other.endpoint.port == node.endpoint.port;
    });
    if (twice) faults.add(where, node.endpoint.text() + " stands twice");
    settings.nodes.push_back(std::move(node));
  }
}

}  // namespace

const config::Declaration& declaration() {
  static const config::Declaration kDeclaration{
      .program = "pai-master",
      .summary = "Takes tasks from users and runs them at the nodes; never sees data. With --create-admin NAME it does not start,\n"
                 "but makes an admin with a token, in --data-dir, while no master runs there.",
      .settings = make_settings(),
      .tables = make_tables(),
  };
  return kDeclaration;
}

Result<Settings> settings_from(const config::Values& values) {
  Settings settings;
  Faults faults;
  if (auto listen = http::parse_host_port(values.text("listen")); listen.ok()) {
    settings.listen = *listen;
  } else {
    faults.add("listen", listen.error().describe());
  }
  settings.insecure = values.boolean("insecure");
  settings.tls = {values.text_or("tls.certificate", ""), values.text_or("tls.key", ""),
                  values.text_or("tls.trusted", ""), values.list("tls.allowed_peers"), config::authorities_from(values), values.list("tls.revoked")};
  settings.data_dir = fs::absolute(values.text("data_dir")).lexically_normal();
  read_users(values, settings, faults);
  read_nodes(values, settings, faults);

  settings.link = {.connect = milliseconds(values, "node_connect_timeout_s"),
                   .call = milliseconds(values, "node_call_timeout_s")};
  settings.lifecycle.limits = {.start_timeout_s = values.number("start_timeout_s"),
                               .node_lost_timeout_s = values.number("node_lost_timeout_s"),
                               .blame_wait_s = values.number("blame_wait_s")};
  // A node's stop includes its client's grace, so it may take longer than another call.
  settings.lifecycle.stop_timeout = settings.link.call + std::chrono::seconds(10);
  settings.lifecycle.follower.probe_timeout = settings.link.connect;

  settings.log = {.level = *log::level_from_name(values.text("log.level")),
                  .format = *log::format_from_name(values.text("log.format")),
                  .file = values.text_or("log.file", ""),
                  .program = "pai-master"};
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

Status check_machine(const Settings& settings) {
  Faults faults;
  std::error_code fault;
  auto present = settings.data_dir;
  while (!fs::exists(present, fault) && present.has_parent_path() && present != present.parent_path()) {
    present = present.parent_path();
  }
  if (!fs::is_directory(present, fault)) {
    faults.add("data_dir", "'" + present.string() + "' is no folder");
  } else if (::access(present.c_str(), R_OK | W_OK | X_OK) != 0) {
    faults.add("data_dir", "'" + present.string() + "': " + errno_message(errno));
  }
  if (!settings.insecure) {
    if (const auto material = tls::load(settings.tls); !material.ok()) {
      if (material.error().details().empty()) faults.add("tls", material.error().describe());
      for (const auto& detail : material.error().details()) faults.add(detail.where, detail.message);
    }
  }
  if (faults.any()) return std::move(faults).error();
  return {};
}

}  // namespace pai::master
