#include "node/supervisor.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "common/log/log.h"
#include "common/task/validate.h"
#include "node/entry.h"

namespace pai::node {

namespace {
constexpr std::string_view kNamed = "name:";
constexpr double kLeaseMin_s = 2;  // masters ask twice a second
}  // namespace

double now() {
  return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

Supervisor::Supervisor(const Parts& parts)
    : settings_(parts.settings),
      store_(parts.store),
      folders_(parts.folders),
      board_(parts.board),
      loop_(parts.loop),
      launcher_(parts.launcher),
      watch_(parts.watch),
      grants_(parts.grants),
      meter_(parts.meter),
      scopes_(parts.scopes),
      ports_(parts.settings.computation_bind),
      slots_(parts.settings.max_running, std::max(std::chrono::duration<double>(parts.settings.prepare_expiry).count(), kLeaseMin_s)),
      tls_(parts.settings.tls) {}

Supervisor::~Supervisor() = default;

Supervisor::Locked Supervisor::acquire(const ClientKey& key) {
  while (true) {
    std::shared_ptr<Entry> entry;
    {
      const std::lock_guard lock(mutex_);
      auto& slot = entries_[key];
      if (!slot) slot = std::make_shared<Entry>(key);
      entry = slot;
    }
    std::unique_lock lock(entry->mutex);
    if (entry->detached) continue;
    if (!entry->loaded) load(*entry);
    return Locked(*this, std::move(entry), std::move(lock));
  }
}

/// Looks at the entry, unless a call holds it.
Supervisor::Held Supervisor::if_free(const ClientKey& key, const std::function<void(Entry&)>& look) {
  std::shared_ptr<Entry> entry;
  {
    const std::lock_guard lock(mutex_);
    const auto found = entries_.find(key);
    if (found == entries_.end()) return Held::kGone;
    entry = found->second;
  }
  std::unique_lock lock(entry->mutex, std::try_to_lock);
  if (!lock.owns_lock()) return Held::kNo;
  if (entry->detached) return Held::kGone;
  const Locked locked(*this, std::move(entry), std::move(lock));
  look(*locked);
  return Held::kYes;
}

void Supervisor::load(Entry& entry) {
  auto stored = store_.client(entry.key);
  if (!stored.ok()) {
    entry.unreadable = std::move(stored).error().in_context("cannot look up " + entry.key.text());
    log::error("client could not be looked up",
               {{"task", entry.key.task_name}, {"client", entry.key.client}, {"fault", entry.unreadable->describe()}});
    return;
  }
  entry.unreadable.reset();
  entry.loaded = true;
  if (!*stored) return;
  entry.record = **std::move(stored);
  entry.present = true;
}

Status Supervisor::readable(const Entry& entry) {
  return entry.unreadable ? Status(*entry.unreadable) : Status();
}

Status Supervisor::authorize(const Entry& entry, const std::string& caller) const {
  if (entry.record.master_identity == caller) return {};
  return Error(ErrorCode::kDenied, entry.key.text() + " belongs to another master")
      .with_hint(
          "only the master that prepared a task may act on it; it is known by the name in its certificate");
}

Result<Supervisor::Locked> Supervisor::acquire_known(const std::string& caller, const ClientKey& key) {
  Locked entry = acquire(key);
  PAI_TRY(readable(*entry));
  if (!entry->present) {
    const std::string where = settings_.retention.any() ? " at this node, whose owner keeps no old tasks ([retention])" : " at this node";
    return Error(ErrorCode::kNotFound, "there is no " + key.text() + where);
  }
  PAI_TRY(authorize(*entry, caller));
  return Result<Locked>(std::move(entry));
}

/// Applies the event and stores the record; the entry is as before when that fails.
Status Supervisor::step(Entry& entry, task::ClientEvent event) {
  const task::ClientState before = entry.state();
  PAI_ASSIGN(const auto transition, task::apply(before, event));
  entry.record.status.state = transition.to();
  if (Status saved = store_.save(entry.record, transition); !saved.ok()) {
    entry.record.status.state = before;
    return std::move(saved).error().in_context("cannot record " + entry.key.text());
  }
  entry.changed.notify_all();
  return {};
}

void Supervisor::post(const Entry& entry) {
  board_.post(entry.record.status, entry.record.master_identity);
}

/// What a running client says of itself, but for its state.
void Supervisor::take_progress(task::ClientStatus& status, const task::ClientReport& report) {
  status.progress = report.progress;
  status.n_batches = report.n_batches;
  status.record = report.record;
}

void Supervisor::use_tls(const tls::Files& files) {
  const std::lock_guard lock(tls_mutex_);
  tls_ = files;
}

task::TaskFile Supervisor::make_task_file(const task::TaskSpec& spec, const ClientRecord& record,
                                          const std::string& model_folder, bool resume) const {
  task::TaskFile file;
  file.spec = spec;
  file.client_id = record.status.client;
  file.run_id = record.status.run_id;
  file.traceparent = log::traceparent(record.trace);
  file.node.name = settings_.name;
  file.node.raw_root = folders_.raw().path().string();
  file.node.datasets_root = folders_.datasets().path().string();
  file.node.bind = settings_.computation_bind;
  file.node.insecure = settings_.insecure;
  {
    const std::lock_guard lock(tls_mutex_);
    file.node.tls = tls_;
  }
  file.node.tls.allowed_peers = settings_.computation_peers;
  // As tls::matches takes it: the bare name, or a fingerprint.
  const std::string& master = record.master_identity;
  file.node.master_identity = master.starts_with(kNamed) ? master.substr(kNamed.size()) : master;
  file.node.min_intersection = settings_.min_intersection;
  file.node.memory_bytes_max = settings_.memory_bytes_max;
  file.node.connect_timeout_s = settings_.connect_timeout_s;
  file.node.heartbeat_s = settings_.heartbeat_s;
  file.node.peer_lost_s = settings_.peer_lost_s;
  file.node.stall_timeout_s = settings_.stall_timeout_s;
  file.node.model_folder = model_folder;
  file.node.resume = resume;
  file.node.log_level = settings_.log_level;
  file.node.log_format = settings_.log_format;
  return file;
}

Result<task::TaskSpec> Supervisor::load_spec(const ClientKey& key) {
  PAI_ASSIGN(const Documents documents, store_.documents(key));
  auto spec = task::validate_node_part(documents.public_part, key.client, documents.own_settings);
  if (!spec.ok()) {
    return Error(ErrorCode::kInternal, "node.db holds a task that is not valid: " + spec.error().describe())
        .with_hint("delete the task and create it again");
  }
  return spec;
}

Result<task::ClientStatus> Supervisor::status(const std::string& caller, const ClientKey& key) {
  PAI_ASSIGN(const Locked entry, acquire_known(caller, key));
  return entry->record.status;
}

}  // namespace pai::node
