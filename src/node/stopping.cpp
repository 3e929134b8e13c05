// Stopping a client: told to end, killed when it does not, waited for.
#include <utility>

#include "common/log/log.h"
#include "node/client_log.h"
#include "node/entry.h"
#include "node/supervisor.h"

namespace pai::node {
namespace {

using task::ClientEvent;
using task::ClientState;

// Between the kill and the moment that the process is seen to be gone lies the kernel's work alone.
constexpr std::chrono::seconds kKillPatience{10};

}  // namespace

Status Supervisor::begin_stop(Entry& entry, const std::string& reason) {
  return begin_stop(entry, reason, settings_.stop_grace);
}

Status Supervisor::begin_stop(Entry& entry, const std::string& reason, std::chrono::milliseconds grace) {
  if (entry.state() == ClientState::kStopping) return {};
  const ClientRecord before = entry.record;
  entry.record.stop_reason = reason;
  const bool runs = entry.is_running();
  if (!runs) {
    entry.record.status.reason =
        reason.empty() ? "stopped before it was started" : "stopped before it was started: " + reason;
    entry.record.status.ended_at = now();
  }
  if (Status stored = step(entry, ClientEvent::kStop); !stored.ok()) {
    entry.record = before;
    return stored;
  }
  post(entry);
  if (!runs) {
    release(entry);
    return {};
  }
  log::info("client told to stop",
            {{"task", entry.key.task_name}, {"client", entry.key.client}, {"reason", reason}});
  climb_stop_ladder(entry, grace);
  return {};
}

/// Terminate now, kill after the grace; `ended` cancels the rest.
void Supervisor::climb_stop_ladder(Entry& entry, std::chrono::milliseconds grace) {
  if (!entry.process) return;
  entry.process->terminate();
  if (entry.timer) loop_.cancel(*entry.timer);
  entry.timer =
      loop_.after(grace, [this, key = entry.key, run_id = entry.record.status.run_id] {
        Locked late = acquire(key);
        if (!late->present || !late->process || late->record.status.run_id != run_id) return;
        late->timer.reset();
        const log::TraceScope scope(late->record.trace);
        log::warning("client killed, it did not stop in time", fields_of(key));
        late->process->kill();
      });
}

/// False when the client still runs after all that a stop may take.
bool Supervisor::await_end(Locked& locked) {
  const auto deadline = std::chrono::steady_clock::now() + settings_.stop_grace + kKillPatience;
  return locked->changed.wait_until(locked.lock(), deadline,
                                    [&] { return !locked->present || !locked->is_running(); });
}

Result<std::optional<task::ClientStatus>> Supervisor::stop(const std::string& caller, const ClientKey& key,
                                                           const std::string& run_id,
                                                           const std::string& reason) {
  using Answer = std::optional<task::ClientStatus>;
  Locked entry = acquire(key);
  PAI_TRY(readable(*entry));
  if (!entry->present) return Answer();
  PAI_TRY(authorize(*entry, caller));
  leave_queue(caller, key, run_id);
  const std::string& current = entry->record.status.run_id;
  // Before its first run it is stopped all the same: the start that is meant may still be on its way.
  if (!run_id.empty() && !current.empty() && current != run_id) return Answer(entry->record.status);
  if (entry->is_running() || entry->state() == ClientState::kCreated ||
      entry->state() == ClientState::kAwaitingApproval) {
    // A start of this very run that comes after its stop must find it ended.
    const bool never_ran = current.empty();
    if (never_ran) entry->record.status.run_id = run_id;
    if (Status begun = begin_stop(*entry, reason); !begun.ok()) {
      if (never_ran) entry->record.status.run_id.clear();
      return std::move(begun).error();
    }
    if (!await_end(entry)) return Error(ErrorCode::kTimeout, key.text() + " does not end, not even killed");
    if (!entry->present) return Answer();
  }
  return Answer(entry->record.status);
}

}  // namespace pai::node
