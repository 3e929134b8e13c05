// The owner's word: what a grant lets in, what waits for approval, and what is stopped when a grant goes.
#include <algorithm>
#include <utility>

#include "common/json/strict_json.h"
#include "common/log/log.h"
#include "common/task/sha256.h"
#include "node/checks.h"
#include "node/client_log.h"
#include "node/entry.h"
#include "node/models.h"
#include "node/supervisor.h"

namespace pai::node {
namespace {

using task::ClientEvent;
using task::ClientState;

/// What is taken back is stopped within five seconds, of which one is the watch's.
constexpr std::chrono::milliseconds kRevokedGrace{3'000};
constexpr std::size_t kDigestDigitsMin = 8;

/// The states of the clients that a master prepared, as models.h asks for them; without `master` of all.
std::function<std::optional<ClientState>(const ClientKey&)> states_in(Store& store, std::optional<std::string> master) {
  return [&store, master = std::move(master)](const ClientKey& key) -> std::optional<ClientState> {
    const auto found = store.client(key);
    if (!found.ok() || !*found || (master && (*found)->master_identity != *master)) return std::nullopt;
    return (*found)->status.state;
  };
}

}  // namespace

/// In three steps: what the task says is held against the grants before anything of the data is looked at, so that nobody
/// learns here what only the granted may ask; then come the node's own checks; then the grants again, with what the data
/// say.
Result<Checked> Supervisor::check_client(const Caller& caller, const ClientKey& key, const task::TaskSpec& spec,
                                         const Run& run) {
  const task::ClientSpec& self = spec.clients.at(static_cast<std::size_t>(key.client));
  auto request = policy::request_of(spec, self, caller.certificate);
  if (auto known = grants_.decide(request, run); !known.ok()) return std::move(known).error();
  const auto stored = store_.client(key);
  const bool has_run = stored.ok() && *stored && !(*stored)->status.run_id.empty();
  PAI_ASSIGN(auto checked,
             check_all(settings_, folders_, outputs_, key, spec, has_run,
                       states_in(store_, caller.name)));
  if (!grants_.enforced()) return checked;
  PAI_TRY(look_at_data(folders_, hashes_, self, checked.dataset, grants_.asks_for_hash(request), request));
  PAI_ASSIGN(request.model_security, model_security(checked.model_folder));
  PAI_ASSIGN(checked.allowed, grants_.decide(request, run));
  checked.raw_sha256 = request.sha256.value_or("");
  return checked;
}

/// All that the master may say about a client: whoever approved it, approved this.
std::string Supervisor::whole_digest(const task::TaskSpec& spec, const ClientRecord& record) const {
  const auto& self = spec.clients.at(static_cast<std::size_t>(record.status.client));
  // Not the words alone: another alignment may put other rows or columns where a data set was.
  const auto dataset = check_dataset(folders_.datasets(), spec, self);
  nlohmann::json data;
  if (dataset.ok() && *dataset) data = nlohmann::json{{"alignment_id", (*dataset)->alignment_id}, {"columns", (*dataset)->column_names}};
  return task::sha256_hex(json::canonical({{"client", record.status.client},
                                           {"client_config", self.config()},
                                           {"data_set", std::move(data)},
                                           {"master", record.master_identity},
                                           {"public", spec.public_part()}}));
}

bool Supervisor::awaits_approval(const ClientRecord& record, const std::string& digest) {
  return record.granted.manual && record.granted.approved_digest != digest;
}

Error Supervisor::awaiting(const ClientKey& key) {
  return Error(ErrorCode::kConflict, key.text() + " waits for the approval of the data owner at this node")
      .with_hint("the owner reads it with `paictl pending` and decides with `paictl approve " + key.task_name + "`");
}

Result<std::vector<Pending>> Supervisor::pending() {
  PAI_ASSIGN(auto records, store_.clients(now()));
  std::vector<Pending> waiting;
  for (auto& record : records) {
    const bool may_wait = record.status.state == ClientState::kAwaitingApproval || record.status.state == ClientState::kCreated;
    if (!may_wait || !record.granted.manual || record.intent != Intent::kNone) continue;
    PAI_ASSIGN(auto spec, load_spec(record.key()));
    std::string digest = whole_digest(spec, record);
    if (awaits_approval(record, digest)) waiting.push_back({std::move(record), std::move(spec), std::move(digest)});
  }
  return waiting;
}

Result<std::vector<Pending>> Supervisor::decide_pending(const std::string& task_name, std::optional<int> client,
                                                        const std::string& digest,
                                                        const std::function<Status(Entry&, const Pending&)>& decide) {
  if (!digest.empty() && digest.size() < kDigestDigitsMin)
    return Error(ErrorCode::kInvalid, "the digest needs its first 8 digits at least");
  PAI_ASSIGN(auto waiting, pending());
  std::erase_if(waiting, [&](const Pending& each) {
    return each.record.status.task_name != task_name || (client && each.record.status.client != *client);
  });
  if (waiting.empty()) {
    return Error(ErrorCode::kNotFound, "no client of task '" + task_name + "' waits for approval at this node")
        .with_hint("paictl pending");
  }
  if (!digest.empty()) {
    std::erase_if(waiting, [&](const Pending& each) { return !each.digest.starts_with(digest); });
    if (waiting.empty()) {
      return Error(ErrorCode::kConflict, "another specification of task '" + task_name + "' waits than the one with this digest")
          .with_hint("it was created anew meanwhile: read it again with paictl pending");
    }
  }
  std::vector<Pending> decided;
  for (auto& each : waiting) {
    const ClientKey key = each.record.key();
    Locked entry = acquire(key);
    PAI_TRY(readable(*entry));
    // What was read above may have been replaced since.
    if (!entry->present) continue;
    PAI_ASSIGN(const auto spec, load_spec(key));
    if (whole_digest(spec, entry->record) != each.digest) {
      return Error(ErrorCode::kConflict, key.text() + " was created anew just now with another specification")
          .with_hint("read it again with paictl pending");
    }
    const log::TraceScope scope(entry->record.trace);
    PAI_TRY(decide(*entry, each));
    each.record = entry->record;
    post(*entry);
    decided.push_back(std::move(each));
  }
  return decided;
}

Result<std::vector<Pending>> Supervisor::approve(const std::string& task_name, std::optional<int> client,
                                                 const std::string& digest) {
  return decide_pending(task_name, client, digest, [this](Entry& entry, const Pending& read) -> Status {
    const GrantRecord before = entry.record.granted;
    entry.record.granted.approved_digest = read.digest;
    entry.record.granted.approved_at = now();
    const Status saved = entry.state() == ClientState::kAwaitingApproval ? step(entry, ClientEvent::kApprove)
                                                                         : store_.save_granted(entry.record);
    if (!saved.ok()) {
      entry.record.granted = before;
      return saved;
    }
    log::Fields fields = fields_of(entry.key);
    fields.emplace_back("digest", read.digest);
    log::info("client approved by the owner", fields);
    return {};
  });
}

Result<std::vector<Pending>> Supervisor::reject(const std::string& task_name, std::optional<int> client,
                                                const std::string& reason) {
  return decide_pending(task_name, client, "", [&](Entry& entry, const Pending&) -> Status {
    const ClientRecord before = entry.record;
    task::ClientStatus& status = entry.record.status;
    status.reason = "rejected by the data owner" + (reason.empty() ? "" : ": " + reason);
    status.ended_at = now();
    const auto event = entry.state() == ClientState::kAwaitingApproval ? ClientEvent::kReject : ClientEvent::kStop;
    if (Status saved = step(entry, event); !saved.ok()) {
      entry.record = before;
      return saved;
    }
    release(entry);
    log::Fields fields = fields_of(entry.key);
    fields.emplace_back("reason", reason);
    log::info("client rejected by the owner", fields);
    return {};
  });
}

/// A call may hold its client for as long as it takes to hash a file; nobody else's stop waits for that.
bool Supervisor::enforce_grants() {
  std::vector<ClientKey> keys;
  {
    const std::lock_guard lock(mutex_);
    for (const auto& [key, entry] : entries_) keys.push_back(key);
  }
  bool all = true;
  for (const auto& key : keys) {
    const auto held = if_free(key, [this](Entry& entry) {
      const bool runs = entry.present && entry.is_running() && entry.state() != ClientState::kStopping;
      if (runs && !entry.record.granted.grant.empty()) enforce_grant(entry);
    });
    all = all && held != Held::kNo;
  }
  return all;
}

void Supervisor::enforce_grant(Entry& entry) {
  const log::TraceScope scope(entry.record.trace);
  const auto spec = load_spec(entry.key);
  if (!spec.ok()) return;  // its end will say what is wrong with node.db
  const task::ClientSpec& self = spec->clients.at(static_cast<std::size_t>(entry.key.client));
  auto request = policy::request_of(*spec, self, entry.record.granted.initiator);
  // Data that can't be looked at now is no matter of grants; the rest of the request is.
  if (const auto dataset = check_dataset(folders_.datasets(), *spec, self); dataset.ok()) {
    const Status seen = look_at_data(folders_, hashes_, self, *dataset, /*hash=*/false, request);
    if (!seen.ok()) warn("data of a running client could not be looked at", entry.key, seen.error());
  }
  if (const auto model = model_folder(folders_, *spec, self, states_in(store_, entry.record.master_identity)); model.ok()) {
    if (auto level = model_security(*model); level.ok()) request.model_security = *std::move(level);
  }
  const auto allowed = grants_.decide_by(entry.record.granted.grant, request, {entry.key.task_name, entry.record.status.run_id});
  if (allowed.ok()) return;
  if (allowed.error().code() != ErrorCode::kDenied) {
    warn("grant of a running client could not be looked up", entry.key, allowed.error());
    return;
  }
  const std::string reason = allowed.error().message();
  log::Fields fields = fields_of(entry.key);
  fields.emplace_back("grant", entry.record.granted.grant);
  fields.emplace_back("reason", reason);
  log::warning("client is stopped, its grant does not cover it any more", fields);
  if (Status begun = begin_stop(entry, reason, std::min(settings_.stop_grace, kRevokedGrace)); !begun.ok())
    warn("client could not be stopped", entry.key, begun.error());
}

Result<policy::Allowed> Supervisor::would_allow(const policy::Initiator& initiator, const task::TaskSpec& spec, int client) {
  const task::ClientSpec& self = spec.clients.at(static_cast<std::size_t>(client));
  auto request = policy::request_of(spec, self, initiator);
  if (auto known = grants_.decide(request, {spec.name, ""}); !known.ok()) return known;
  PAI_ASSIGN(const auto dataset, check_dataset(folders_.datasets(), spec, self));
  PAI_TRY(look_at_data(folders_, hashes_, self, dataset, grants_.asks_for_hash(request), request));
  PAI_ASSIGN(const auto model, model_folder(folders_, spec, self, states_in(store_, std::nullopt)));
  PAI_ASSIGN(request.model_security, model_security(model));
  return grants_.decide(request, {spec.name, ""});
}

}  // namespace pai::node
