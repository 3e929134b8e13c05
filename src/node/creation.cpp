// Preparing, committing and forgetting a client: the node's part of an all-or-nothing creation.
#include <utility>

#include "common/json/strict_json.h"
#include "common/log/log.h"
#include "common/task/validate.h"
#include "node/checks.h"
#include "node/client_log.h"
#include "node/entry.h"
#include "node/supervisor.h"

namespace pai::node {
namespace {

using task::ClientState;

/// The party's own part as the master sends it: type and port beside the type's settings.
nlohmann::json config_of(const task::ClientSpec& self) {
  nlohmann::json config = self.settings;
  config["client_type"] = task::client_type_name(self.type);
  config["computation_port"] = self.computation_port;
  return config;
}

Documents documents_of(const task::TaskSpec& spec, int client) {
  return {spec.public_part(), config_of(spec.clients.at(static_cast<std::size_t>(client)))};
}

}  // namespace

Result<task::TaskSpec> Supervisor::checked_spec(const ClientKey& key, const Preparation& preparation) const {
  PAI_ASSIGN(auto spec,
             task::validate_node_part(preparation.public_part, key.client, preparation.client_config));
  if (spec.name != key.task_name) {
    return Error(ErrorCode::kInvalid,
                 "the query names task '" + key.task_name + "', the body '" + spec.name + "'")
        .with_detail({ErrorDetail::Kind::kPath, "public.task_name", "differs from the query's task_name"});
  }
  return spec;
}

Result<CheckedTask> Supervisor::check(const Caller& caller, const ClientKey& key, const Preparation& preparation) {
  PAI_ASSIGN(auto spec, checked_spec(key, preparation));
  PAI_ASSIGN(auto found, check_client(caller, key, spec, Run{key.task_name, ""}));
  return CheckedTask{std::move(spec), std::move(found)};
}

/// Ok(true): the record that is there may be replaced; Ok(false): it is this very attempt's, there is nothing
/// to do.
Result<bool> Supervisor::may_replace(const Entry& entry, const task::TaskSpec& spec,
                                     const Preparation& preparation) {
  const ClientRecord& record = entry.record;
  const std::string state(task::client_state_name(record.status.state));
  // Never committed: whatever it holds, its master has given it up and means the new one.
  if (record.status.state == ClientState::kPrepared && record.attempt != preparation.attempt) return true;
  bool same = record.digest == spec.digest();
  if (same) {
    PAI_ASSIGN(const Documents stored, store_.documents(entry.key));
    same = stored.own_settings == documents_of(spec, entry.key.client).own_settings;
  }
  if (!same) {
    return Error(ErrorCode::kConflict,
                 entry.key.text() + " exists at this node with other content, and is " + state)
        .with_hint("delete it, or choose another task_name");
  }
  if (record.attempt == preparation.attempt) return false;
  // The master draws a new attempt only after it gave up the old one, though its word may not have reached
  // us.
  const bool waits = record.status.state == ClientState::kCreated || record.status.state == ClientState::kAwaitingApproval;
  if (waits && record.status.run_id.empty()) return true;
  return Error(ErrorCode::kConflict, entry.key.text() + " exists at this node already, and is " + state)
      .with_hint("delete it, or choose another task_name");
}

Result<Seen> Supervisor::prepare(const Caller& caller, const ClientKey& key, const Preparation& preparation) {
  PAI_TRY(check_attempt(preparation.attempt));
  PAI_ASSIGN(const auto spec, checked_spec(key, preparation));
  const task::ClientSpec& self = spec.clients[static_cast<std::size_t>(key.client)];
  Locked entry = acquire(key);
  PAI_TRY(readable(*entry));
  bool replaces_old = false;
  if (entry->present) {
    PAI_TRY(authorize(*entry, caller.name));
    PAI_ASSIGN(replaces_old, may_replace(*entry, spec, preparation));
    if (!replaces_old) {
      PAI_ASSIGN(auto dataset, check_dataset(folders_.datasets(), spec, self));
      return Seen{entry->record.status, std::move(dataset)};
    }
  }
  PAI_ASSIGN(auto checked, check_client(caller, key, spec, Run{key.task_name, ""}));

  ClientRecord record;
  record.status.task_name = key.task_name;
  record.status.client = key.client;
  record.status.state = ClientState::kPrepared;
  record.attempt = preparation.attempt;
  record.digest = spec.digest();
  record.master_identity = caller.name;
  record.granted.grant = checked.allowed.grant;
  record.granted.manual = checked.allowed.manual;
  record.granted.initiator = caller.certificate;
  // Of an older attempt; it holds for the very same specification only.
  if (replaces_old) {
    record.granted.approved_digest = entry->record.granted.approved_digest;
    record.granted.approved_at = entry->record.granted.approved_at;
  }
  record.computation_port = self.computation_port;
  record.out_data_path = out_data_path_of(self);
  record.prepared_at = now();
  record.trace = log::current_trace();
  PAI_TRY(write_preparation(*entry, std::move(record), spec, replaces_old));
  log::info("client prepared", fields_of(key));
  return Seen{entry->record.status, std::move(checked.dataset)};
}

Status Supervisor::write_preparation(Entry& entry, ClientRecord record, const task::TaskSpec& spec,
                                     bool replaces_old) {
  const task::ClientSpec& self = spec.clients[static_cast<std::size_t>(entry.key.client)];
  if (!record.out_data_path.empty())
    PAI_TRY(outputs_.reserve(record.out_data_path, entry.key, overwrites(self)));
  // A folder without a row is removed at the next start; a row without a folder would be a task that can't
  // run.
  Status written = folders_.stage(entry.key, make_task_file(spec, record));
  // Of an older attempt that was committed; a row without its folder gets it back at the next start.
  if (written.ok() && replaces_old) written = folders_.remove_task_folder(entry.key.folder());
  if (written.ok()) written = store_.insert(record, documents_of(spec, entry.key.client), replaces_old);
  if (!written.ok()) {
    if (Status undone = folders_.remove_staged(entry.key); !undone.ok()) {
      log::warning("staged folder left behind", {{"task", entry.key.task_name},
                                                 {"client", entry.key.client},
                                                 {"fault", undone.error().describe()}});
    }
    if (!replaces_old && !record.out_data_path.empty()) outputs_.release(record.out_data_path, entry.key);
    return as_own_fault(std::move(written).error().in_context("cannot prepare " + entry.key.text()));
  }
  const std::string given_up = entry.present ? entry.record.out_data_path : "";
  if (!given_up.empty() && given_up != record.out_data_path) outputs_.release(given_up, entry.key);
  entry.record = std::move(record);
  entry.present = true;
  await_commit(entry);
  post(entry);
  return {};
}

/// Sets the timer that ends the preparation when no commit comes.
void Supervisor::await_commit(Entry& entry) {
  if (entry.timer) loop_.cancel(*entry.timer);
  const std::chrono::duration<double> waited(std::max(0.0, now() - entry.record.prepared_at));
  const auto left = std::clamp<std::chrono::milliseconds>(
      settings_.prepare_expiry - std::chrono::duration_cast<std::chrono::milliseconds>(waited),
      std::chrono::milliseconds(0), settings_.prepare_expiry);
  entry.timer =
      loop_.after(left, [this, key = entry.key, attempt = entry.record.attempt] { expire(key, attempt); });
}

void Supervisor::expire(const ClientKey& key, const std::string& attempt) {
  Locked entry = acquire(key);
  if (!entry->present || entry->state() != ClientState::kPrepared || entry->record.attempt != attempt) return;
  const log::TraceScope scope(entry->record.trace);
  if (Status undone = undo_creation(*entry); !undone.ok()) {
    // It stays until the disk is well again, and can be committed until then; the next start tries anew.
    log::error("expired preparation could not be removed",
               {{"task", key.task_name}, {"client", key.client}, {"fault", undone.error().describe()}});
    return;
  }
  log::warning("preparation expired without a commit", fields_of(key));
}

Result<task::ClientStatus> Supervisor::commit(const std::string& caller, const ClientKey& key,
                                              const std::string& attempt) {
  Locked entry = acquire(key);
  PAI_TRY(readable(*entry));
  if (!entry->present || entry->record.attempt != attempt) {
    return Error(ErrorCode::kConflict,
                 "expired: this node holds no preparation of " + key.text() + " by this attempt")
        .with_hint("prepare again");
  }
  PAI_TRY(authorize(*entry, caller));
  if (entry->state() != ClientState::kPrepared) return entry->record.status;
  PAI_ASSIGN(const auto spec, load_spec(key));
  const bool waits = awaits_approval(entry->record, whole_digest(spec, entry->record));
  if (Status moved = folders_.commit(key); !moved.ok()) {
    return as_own_fault(std::move(moved).error().in_context("cannot commit " + key.text()));
  }
  entry->record.status.created_at = now();
  const auto event = waits ? task::ClientEvent::kCommitForApproval : task::ClientEvent::kCommit;
  if (Status saved = step(*entry, event); !saved.ok()) {
    entry->record.status.created_at = 0;
    // Back to where the row says it is. Should that fail too, recovery and the next commit cope with either
    // place.
    if (Status back = folders_.uncommit(key); !back.ok()) {
      log::warning("folder of a failed commit stayed in tasks",
                   {{"task", key.task_name}, {"client", key.client}, {"fault", back.error().describe()}});
    }
    return std::move(saved).error();
  }
  if (entry->timer) loop_.cancel(*std::exchange(entry->timer, std::nullopt));
  post(*entry);
  log::info(waits ? "client waits for the owner's approval" : "client created", fields_of(key));
  return entry->record.status;
}

Status Supervisor::forget(const std::string& caller, const ClientKey& key, const std::string& attempt) {
  Locked entry = acquire(key);
  PAI_TRY(readable(*entry));
  if (!entry->present || entry->record.attempt != attempt) return {};
  PAI_TRY(authorize(*entry, caller));
  const bool never_ran = entry->record.status.run_id.empty() &&
                         (entry->state() == ClientState::kPrepared ||
                          entry->state() == ClientState::kCreated || entry->state() == ClientState::kStopped ||
                          entry->state() == ClientState::kAwaitingApproval ||
                          entry->state() == ClientState::kRejected);
  if (!never_ran) {
    return Error(ErrorCode::kConflict, key.text() + " was started already")
        .with_hint("stop and delete it instead");
  }
  PAI_TRY(undo_creation(*entry));
  log::info("creation taken back", fields_of(key));
  return {};
}

/// The row first: a folder without one is removed at the next start, should we die in between.
Status Supervisor::undo_creation(Entry& entry) {
  PAI_TRY(store_.remove(entry.key));
  if (entry.timer) loop_.cancel(*std::exchange(entry.timer, std::nullopt));
  if (!entry.record.out_data_path.empty()) outputs_.release(entry.record.out_data_path, entry.key);
  entry.present = false;
  board_.remove(entry.key);
  entry.changed.notify_all();
  if (Status removed = folders_.remove(entry.key); !removed.ok()) {
    log::warning(
        "folder left behind",
        {{"task", entry.key.task_name}, {"client", entry.key.client}, {"fault", removed.error().describe()}});
  }
  return {};
}

}  // namespace pai::node
