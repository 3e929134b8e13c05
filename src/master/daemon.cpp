#include "master/daemon.h"

#include <atomic>
#include <ctime>
#include <optional>

#include "common/audit/log.h"
#include "common/audit/metrics.h"
#include "common/audit/reload_entry.h"
#include "common/audit/request_entry.h"
#include "common/base/text.h"
#include "common/io/files.h"
#include "common/log/log.h"
#include "common/service/certificate_watch.h"
#include "common/service/metrics.h"
#include "master/api/routes.h"
#include "master/intent_runner.h"
#include "master/meter.h"
#include "master/metered_link.h"
#include "master/node_watch.h"
#include "master/recovery.h"
#include "master/retention.h"
#include "master/task_query.h"

namespace pai::master {
namespace {

/// A stop may take a client's grace; longer than that nobody waits for us.
constexpr std::chrono::seconds kDrainGrace{15};

Result<std::optional<tls::Material>> load_tls(const Settings& settings) {
  if (settings.insecure) return std::optional<tls::Material>();
  PAI_ASSIGN(auto material, tls::load(settings.tls));
  return std::optional<tls::Material>(std::move(material));
}

}  // namespace

/// Lets the first event of each second through, so that a hostile caller cannot fill the log.
class OncePerSecond {
 public:
  bool allows(double now) {
    if (now < next_) return false;
    next_ = now + 1;
    return true;
  }

 private:
  double next_ = 0;
};

/// In the order in which they need each other; the destructor stops what has threads in the opposite one.
struct Daemon::Impl {
  explicit Impl(const Settings& its_settings) : settings(its_settings), policy(its_settings.nodes, its_settings.insecure) {}
  ~Impl() {
    // A handler that waits for a node must not hold up the end: what it did not complete, the next start does.
    if (lifecycle) lifecycle->begin_stop();
    if (client) client->cancel();
    server.reset();
    node_watch.reset();
    retention.reset();
    if (intents) intents->stop();
    if (lifecycle) lifecycle->stop();
  }

  Status open();
  Status listen();
  std::vector<http::Endpoint> watched_nodes() const;
  void refresh(service::Metrics& to) const;
  void refused(const http::Request& request, const http::Reply& reply);
  void tell_who_may_call() const;

  const Settings settings;
  const NodePolicy policy;
  std::optional<tls::Material> material;
  std::optional<io::Root> data;
  std::optional<io::FolderLock> lock;
  std::unique_ptr<service::Metrics> metrics;
  std::unique_ptr<Meter> meter;
  std::unique_ptr<Store> store;
  std::unique_ptr<http::Client> client;
  std::unique_ptr<NodeLink> plain_link;
  std::unique_ptr<NodeLink> link;
  std::unique_ptr<TaskQuery> query;
  std::unique_ptr<Lifecycle> lifecycle;
  std::unique_ptr<IntentRunner> intents;
  std::unique_ptr<NodeWatch> node_watch;
  std::atomic<bool> draining = false;
  OncePerSecond refusals_logged;  ///< on the server's I/O thread
  std::atomic<std::int64_t> certificate_not_after = 0;
  service::CertificateWatch certificate_watch;
  std::unique_ptr<audit::Log> audit;
  std::unique_ptr<Retention> retention;
  std::unique_ptr<Users> users;
  std::unique_ptr<Door> door;
  std::unique_ptr<api::Context> context;
  std::unique_ptr<http::Server> server;
};

Status Daemon::Impl::open() {
  PAI_ASSIGN(material, load_tls(settings));
  if (material) certificate_not_after = material->not_after;
  PAI_ASSIGN(data, io::Root::open(settings.data_dir, true));
  PAI_ASSIGN(lock, io::FolderLock::acquire(*data, "master.lock"));
  metrics = service::Metrics::make();
  meter = std::make_unique<Meter>(*metrics);
  PAI_ASSIGN(store, Store::open(settings.data_dir / "master.db"));
  PAI_ASSIGN(audit, audit::Log::open({.folder = settings.data_dir, .file_bytes_max = settings.audit_file_bytes_max}));
  PAI_ASSIGN(users, Users::open(*store));
  door = std::make_unique<Door>(settings.door, *users);
  client = http::Client::make(material);
  plain_link = make_node_link(*client, settings.link);
  link = make_metered_link(*plain_link, *metrics);
  query = TaskQuery::make(material);
  lifecycle = std::make_unique<Lifecycle>(*store, *link, policy, settings.lifecycle);
  lifecycle->on_transition([this](const LiveTask& task, task::TaskEvent event) { meter->transition(task, event); });
  PAI_TRY(recover(*lifecycle));
  intents = std::make_unique<IntentRunner>(*lifecycle);
  lifecycle->on_intents([this] { intents->kick(); });
  intents->kick();  // for what was added before anybody listened
  retention = std::make_unique<Retention>(*lifecycle, *audit, settings.retention);
  node_watch = std::make_unique<NodeWatch>(*link, [this] { return watched_nodes(); });
  return {};
}

Status Daemon::Impl::listen() {
  metrics->on_scrape([this](service::Metrics& to) { refresh(to); });
  context = std::make_unique<api::Context>(api::Context{*lifecycle, *query, *metrics, draining, *users, audit.get()});
  http::ServerOptions options{
      .host = settings.listen.host,
      .port = settings.listen.port,
      .tls = material,
      .limits = settings.http,
      .certificate_optional = settings.certificate_optional,
      .gate = [this](http::Request& request, const http::Route& route) { return door->judge(request, route); },
      .still_welcome = [this](const access::Caller& caller, const http::Route& route) { return door->still_welcome(caller, route); },
      .on_refusal = [this](const http::Request& request, const http::Reply& reply) { refused(request, reply); }};
  const auto observe = [this](http::Method method, std::string_view route, int status, double seconds) {
    meter->request(method, route, status, seconds);
  };
  PAI_ASSIGN(server, http::Server::bind(std::move(options), api::routes(*context), observe));
  server->start();
  return {};
}

/// On the server's I/O thread. The log gets the first of each second, the counter all.
void Daemon::Impl::refused(const http::Request& request, const http::Reply& reply) {
  audit->post(audit::entry_of(request, reply));
  meter->refusal(reply.status);
  if (!refusals_logged.allows(steady_seconds())) return;
  log::warning("caller was refused", {{"remote", request.remote},
                                      {"user", request.caller.name},
                                      {"credential", request.caller.credential},
                                      {"path", printable(request.path)},
                                      {"code", reply.status}});
}

void Daemon::Impl::tell_who_may_call() const {
  if (settings.insecure || !settings.door.users.empty() || users->any()) return;
  if (settings.door.other_certificates != access::Role::kNone) return;
  log::warning("nobody may call this master: list people under [[users]], or make a first admin with --create-admin NAME");
}

/// Nodes whose state is asked for: those configured, else those that tasks named.
std::vector<http::Endpoint> Daemon::Impl::watched_nodes() const {
  std::vector<http::Endpoint> nodes;
  for (const auto& node : policy.configured()) nodes.push_back(node.endpoint);
  if (!nodes.empty()) return nodes;
  if (const auto seen = store->nodes(); seen.ok()) nodes = *seen;
  return nodes;
}

void Daemon::Impl::refresh(service::Metrics& to) const {
  meter->show_tasks(*store);
  meter->show_queue(lifecycle->queued());
  meter->show_nodes(node_watch->readings(), lifecycle->reachable_nodes());
  meter->show_certificate(certificate_not_after);
  meter->show_disk(*data);
  audit::refresh_metrics(*audit, to);
}

Daemon::Daemon(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Daemon::~Daemon() = default;

Result<std::unique_ptr<Daemon>> Daemon::start(const Settings& settings) {
  auto impl = std::make_unique<Impl>(settings);
  PAI_TRY(impl->open());
  PAI_TRY(impl->listen());
  log::info("master is ready", {{"listen", settings.listen.host + ":" + std::to_string(impl->server->port())},
                                {"data_dir", settings.data_dir.string()},
                                {"nodes", static_cast<unsigned>(settings.nodes.size())}});
  impl->tell_who_may_call();
  if (settings.insecure) {
    log::warning(impl->door->is_open()
                     ? "insecure: plain HTTP and plain gRPC, no identities; anyone on this machine may give orders"
                     : "insecure: plain HTTP and plain gRPC; whoever has a user's token may give orders");
  }
  return std::unique_ptr<Daemon>(new Daemon(std::move(impl)));
}

std::uint16_t Daemon::port() const { return impl_->server->port(); }

Status Daemon::reload(const Settings& settings) {
  auto outcome = apply(settings);
  impl_->audit->append(audit::reload_entry(outcome));
  return outcome;
}

Status Daemon::apply(const Settings& settings) {
  log::set_level(settings.log.level);
  PAI_TRY(log::reopen());
  if (settings.insecure != impl_->settings.insecure) {
    return Error(ErrorCode::kInvalid, "insecure: takes effect at the next start only");
  }
  PAI_ASSIGN(const auto material, load_tls(settings));
  impl_->door->reload(settings.door);
  if (!material) return {};
  PAI_TRY(impl_->server->reload_tls(*material));
  PAI_TRY(impl_->client->reload_tls(*material));
  impl_->query->reload_tls(*material);
  impl_->certificate_not_after = material->not_after;
  look_at_certificate();
  return {};
}

void Daemon::look_at_certificate() {
  impl_->certificate_watch.look(impl_->certificate_not_after, std::time(nullptr));
}

void Daemon::drain() {
  impl_->draining = true;
  impl_->server->drain(kDrainGrace);
}

}  // namespace pai::master
