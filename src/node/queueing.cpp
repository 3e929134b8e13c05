// What a task needs of this node besides its data: its turn, and a port.
#include <chrono>

#include "common/log/log.h"
#include "node/client_log.h"
#include "node/entry.h"
#include "node/supervisor.h"

namespace pai::node {

namespace {

double steady_now() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

}  // namespace

Result<Place> Supervisor::ask_place(const Caller& caller, const ClientKey& key, const std::string& run_id, int clients) {
  PAI_TRY(check_run_id(run_id));
  const QueuedRun wanted{0, caller.name, key.task_name, run_id, clients};
  {
    PAI_ASSIGN(const Locked entry, acquire_known(caller.name, key));
    if (entry->record.status.run_id == run_id) return Place{};  // it was launched, or stopped: the start's answer says so
    if (entry->record.intent != Intent::kNone) return Error(ErrorCode::kConflict, key.text() + " is being deleted");
    PAI_TRY(check_launchable(*entry));
  }
  PAI_ASSIGN(const int here, store_.clients_of(caller.name, key.task_name));
  if (clients > here) {
    return Error(ErrorCode::kConflict, "task '" + key.task_name + "' has " + std::to_string(here) + " clients at this node, and places for " +
                                           std::to_string(clients) + " were asked for");
  }
  const double now = steady_now();
  bool is_new = false;
  PAI_ASSIGN(const int position, slots_.ask(wanted, now, [&]() -> Result<std::int64_t> {
    PAI_ASSIGN(const auto ticket, store_.add_queued(wanted));
    is_new = true;
    log::info("task asked for its turn", {{"task", key.task_name}, {"clients", clients}, {"run", run_id}});
    return ticket;
  }));
  drop_tickets(slots_.take_ended(now));
  return Place{.position = position, .is_new = is_new};
}

Result<std::uint16_t> Supervisor::assign_port(const std::string& caller, const ClientKey& key, const std::string& attempt,
                                              const std::set<std::uint16_t>& avoid, bool only_look) {
  const std::lock_guard lock(assigning_);  // between the look at node.db and the assignment nobody else looks
  const double hold_s = std::chrono::duration<double>(settings_.prepare_expiry).count();
  const auto assign = [&](const std::set<std::uint16_t>& in_use) {
    return ports_.assign(settings_.computation_ports, caller, key, attempt, in_use, avoid, steady_now(), hold_s, only_look);
  };
  // A task that ended may be tried again, on its port: others' ports come first, and its own when there are no more.
  PAI_ASSIGN(const auto known, store_.ports_known());
  auto assigned = assign(known);
  if (assigned.ok() || assigned.error().code() != ErrorCode::kConflict) return assigned;
  PAI_ASSIGN(const auto in_use, store_.ports_in_use());
  return assign(in_use);
}

/// Forgets what waits of a task: it is stopped, or its launches are done.
void Supervisor::leave_queue(const std::string& owner, const ClientKey& key, const std::string& run_id) {
  drop_tickets(slots_.let_go(owner, key.task_name, run_id));
}

void Supervisor::drop_used_tickets() { drop_tickets(slots_.take_ended(steady_now())); }

void Supervisor::drop_tickets(const std::vector<std::int64_t>& tickets) {
  if (Status dropped = store_.remove_queued(tickets); !dropped.ok()) {
    log::warning("place in the queue could not be forgotten", {{"fault", dropped.error().describe()}});  // its lease ends
  }
}

Status Supervisor::recover_queue() {
  PAI_ASSIGN(const auto queued, store_.queued());
  slots_.restore(queued, steady_now());
  drop_used_tickets();
  return {};
}

}  // namespace pai::node
