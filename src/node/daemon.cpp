#include "node/daemon.h"

#include <atomic>
#include <ctime>
#include <optional>
#include <utility>

#include "common/audit/log.h"
#include "common/audit/reload_entry.h"
#include "common/audit/request_entry.h"
#include "common/log/log.h"
#include "common/service/certificate_watch.h"
#include "node/api/operator_routes.h"
#include "node/api/preflight_routes.h"
#include "node/api/task_routes.h"
#include "node/board.h"
#include "node/control/commands.h"
#include "node/folders.h"
#include "node/grant_book.h"
#include "node/grant_watch.h"
#include "node/ledgers.h"
#include "node/process/folder_watch.h"
#include "node/process/identity.h"
#include "node/process/local_launcher.h"
#include "node/process/loop.h"
#include "node/store.h"
#include "node/supervisor.h"

namespace pai::node {
namespace {

// A stop of a client may take its grace and is under way when we are told to stop: it goes on without us, its
// intent is stored.
constexpr std::chrono::seconds kDrainGrace{3};

Result<std::optional<tls::Material>> load_tls(const Settings& settings) {
  if (settings.insecure) return std::optional<tls::Material>();
  PAI_ASSIGN(auto material, tls::load(settings.tls));
  return std::optional<tls::Material>(std::move(material));
}

/// Who has no grants yet is told how to make one: without, every task is refused.
void tell_of_grants(const Settings& settings, const GrantBook& grants) {
  const auto held = grants.list();
  if (!held.ok()) return log::warning("grants could not be listed", {{"fault", held.error().describe()}});
  log::info("grants", {{"hold", static_cast<std::uint64_t>(held->size())},
                       {"asked_for", grants.enforced()},
                       {"policy", settings.policy.string()}});
  if (grants.enforced() && held->empty()) {
    log::warning("no grant holds: every task is refused until the data owner makes one (paictl grant add, or a policy file)");
  }
}

void warn_of_open_door(const Settings& settings) {
  if (settings.insecure || !settings.tls.allowed_peers.empty()) return;
  log::warning(
      "tls.allowed_peers is empty: every certificate of the trusted authorities may act as a master here");
}

}  // namespace

/// In the order in which they need each other; the destructor stops what has threads first.
struct Daemon::Impl {
  explicit Impl(const Settings& its_settings) : settings(its_settings) {}
  ~Impl() {
    server.reset();
    control.reset();
    retention.reset();
    grant_watch.reset();
    if (loop) loop->stop();
  }

  Status open();
  Status choose_launcher();
  Status listen();

  const Settings settings;
  std::optional<io::FolderLock> lock;
  std::optional<Folders> folders;
  std::optional<Store> store;
  std::unique_ptr<GrantBook> grants;
  std::unique_ptr<process::Loop> loop;
  std::unique_ptr<process::LocalLauncher> launcher;
  std::optional<process::ScopeMaker> scopes;
  std::unique_ptr<process::FolderWatch> watch;
  std::unique_ptr<Board> board;
  std::unique_ptr<service::Metrics> metrics;
  std::unique_ptr<RunMeter> meter;
  std::unique_ptr<Supervisor> supervisor;
  std::unique_ptr<audit::Log> audit;
  std::unique_ptr<GrantWatch> grant_watch;
  std::unique_ptr<Retention> retention;
  std::unique_ptr<control::Server> control;
  PortProbe probe{settings};
  Ledgers ledgers;
  std::atomic<bool> draining = false;
  std::atomic<std::int64_t> certificate_not_after = 0;
  service::CertificateWatch certificate_watch;
  std::unique_ptr<http::Server> server;
};

Status Daemon::Impl::open() {
  PAI_ASSIGN(const auto data, io::Root::open(settings.data_dir, true));
  PAI_ASSIGN(lock, io::FolderLock::acquire(data, "node.lock"));
  PAI_ASSIGN(folders, Folders::open(settings));
  PAI_ASSIGN(store, Store::open(settings.data_dir / "node.db"));
  PAI_ASSIGN(audit, audit::Log::open({.folder = settings.data_dir, .file_bytes_max = settings.audit_file_bytes_max}));
  PAI_ASSIGN(grants, GrantBook::open({settings.policy, !settings.insecure}, *store));
  PAI_ASSIGN(loop, process::Loop::make());
  PAI_ASSIGN(watch, process::FolderWatch::make(*loop));
  PAI_ASSIGN(const std::string boot_id, process::boot_id());
  launcher = std::make_unique<process::LocalLauncher>(*loop);
  board = std::make_unique<Board>(*loop, settings.name, boot_id);
  metrics = service::Metrics::make();
  meter = std::make_unique<RunMeter>(*metrics);
  PAI_TRY(choose_launcher());
  supervisor = std::make_unique<Supervisor>(Supervisor::Parts{settings, *store, *folders, *board, *loop, *launcher, *watch, *grants, *meter,
                                                              scopes ? &*scopes : nullptr});
  PAI_TRY(supervisor->recover());
  grant_watch = std::make_unique<GrantWatch>(*grants, [this] { return supervisor->enforce_grants(); });
  // What ended or was taken back while this daemon was down.
  grant_watch->kick();
  PAI_ASSIGN(control, control::Server::open(data, control::commands({settings, *grants, *supervisor, [this] { grant_watch->kick(); }, *audit})));
  return {};
}

/// In units of the service manager, or not; and says to what clients are held.
Status Daemon::Impl::choose_launcher() {
  const auto& limits = settings.limits;
  const bool only_there = settings.launcher == Launcher::kSystemd;
  const bool better_there = limits.memory_bytes > 0 || limits.cpu_cores > 0;
  if (only_there || (settings.launcher == Launcher::kAuto && better_there && process::booted_by_systemd())) {
    auto maker = process::ScopeMaker::of_this_user(settings.systemd_run);
    Status tried = maker.try_it();
    if (tried.ok()) {
      scopes.emplace(std::move(maker));
    } else if (only_there) {
      return std::move(tried).error().with_hint("docs/operations.md, \"Limits of clients\", has what it takes; launcher = \"local\" does without");
    } else {
      log::warning("clients run outside of systemd's units, limits are rlimits", {{"why", tried.error().describe()}});
    }
  }
  if (!limits.watched() && !better_there) return {};
  log::Fields fields{{"by", scopes ? "systemd" : "rlimits"}};
  if (limits.memory_bytes > 0) fields.emplace_back("memory_bytes", limits.memory_bytes);
  if (limits.cpu_cores > 0) fields.emplace_back("cpu_cores", limits.cpu_cores);
  if (limits.run_seconds > 0) fields.emplace_back("run_seconds", limits.run_seconds);
  if (limits.disk_bytes > 0) fields.emplace_back("disk_bytes", limits.disk_bytes);
  log::info("clients are held to limits", fields);
  return {};
}

Status Daemon::Impl::listen() {
  PAI_ASSIGN(auto material, load_tls(settings));
  if (material) certificate_not_after = material->not_after;
  const api::OperatorContext operators{
      settings, *store, *folders, *loop, *metrics, draining, certificate_not_after, *audit, *grants, supervisor->slots()};
  api::describe_metrics(operators);
  auto declared = api::task_routes({settings, *supervisor, *store, *board, *folders, ledgers, *audit});
  for (auto& route : api::operator_routes(operators)) declared.push_back(std::move(route));
  for (auto& route : api::preflight_routes(operators, probe)) declared.push_back(std::move(route));
  http::ServerOptions options{.host = settings.listen.host,
                              .port = settings.listen.port,
                              .tls = std::move(material),
                              .limits = settings.http,
                              .on_refusal = [this](const http::Request& request, const http::Reply& reply) {
                                audit->post(audit::entry_of(request, reply));
                              }};
  PAI_ASSIGN(server, http::Server::bind(std::move(options), api::to_routes(std::move(declared), audit.get()), api::make_observer(*metrics)));
  server->start();
  retention = std::make_unique<Retention>(*supervisor, *audit, settings.retention);
  return {};
}

Daemon::Daemon(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Daemon::~Daemon() = default;

Result<std::unique_ptr<Daemon>> Daemon::start(const Settings& settings) {
  auto impl = std::make_unique<Impl>(settings);
  PAI_TRY(impl->open());
  PAI_TRY(impl->listen());
  log::info("node is ready", {{"node", settings.name},
                              {"listen", settings.listen.host + ":" + std::to_string(impl->server->port())},
                              {"data_dir", settings.data_dir.string()}});
  if (const Status program = check_client_program(settings); !program.ok()) {
    log::warning("no task can be started", {{"client_program", program.error().message()}});
  }
  warn_of_open_door(settings);
  tell_of_grants(settings, *impl->grants);
  if (settings.insecure) {
    log::warning(
        "insecure: plain HTTP and plain gRPC, no identities; anyone on this machine may act as the master");
  }
  return std::unique_ptr<Daemon>(new Daemon(std::move(impl)));
}

std::uint16_t Daemon::port() const {
  return impl_->server->port();
}

bool Daemon::alive() {
  return impl_->loop->responsive();
}

Status Daemon::reload(const Settings& settings) {
  auto outcome = apply(settings);
  impl_->audit->append(audit::reload_entry(outcome));
  return outcome;
}

Status Daemon::apply(const Settings& settings) {
  log::set_level(settings.log.level);
  PAI_TRY(log::reopen());
  if (impl_->settings.insecure != settings.insecure) {
    return Error(ErrorCode::kInvalid, "insecure can't be changed while the node runs")
        .with_hint("restart it");
  }
  if (impl_->settings.policy != settings.policy) {
    return Error(ErrorCode::kInvalid, "policy names another file, which can't be changed while the node runs")
        .with_hint("restart it; what stands in the file may change at any time");
  }
  // A fault in the policy keeps no certificate from being renewed.
  const auto read = impl_->grants->reread(/*anew=*/true);
  impl_->grant_watch->kick();
  PAI_ASSIGN(const auto material, load_tls(settings));
  if (material) {
    warn_of_open_door(settings);
    PAI_TRY(impl_->server->reload_tls(*material));
    impl_->supervisor->use_tls(settings.tls);
    impl_->certificate_not_after = material->not_after;
    look_at_certificate();
  }
  if (!read.ok()) return read.error();
  return {};
}

void Daemon::look_at_certificate() {
  impl_->certificate_watch.look(impl_->certificate_not_after, std::time(nullptr));
}

void Daemon::drain() {
  impl_->draining = true;
  impl_->server->drain(kDrainGrace);
}

}  // namespace pai::node
