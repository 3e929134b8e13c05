// Holding running clients to the owner's limits: what the kernel does not do by itself.
#include <algorithm>
#include <cmath>
#include <utility>

#include "common/log/log.h"
#include "node/client_log.h"
#include "node/entry.h"
#include "node/process/measure.h"
#include "node/supervisor.h"

namespace pai::node {
namespace {

/// Between two looks at a client. A limit on time is met to the moment all the same.
constexpr double kLookSeconds = 1;

}  // namespace

bool Supervisor::in_scopes() const { return scopes_ != nullptr; }

/// What the kernel is told, at the start, of what a client may use.
process::LaunchSpec Supervisor::limited(process::LaunchSpec spec, const Entry& entry) const {
  const auto& limits = settings_.limits;
  spec.limits.open_files = settings_.open_files;
  spec.limits.file_bytes = limits.disk_bytes;
  if (!in_scopes()) {
    spec.limits.data_bytes = limits.memory_bytes;
    spec.limits.processors = static_cast<int>(std::ceil(limits.cpu_cores));
    return spec;
  }
  const std::string name = "pai-client-" + entry.key.folder() + "-" + entry.record.status.run_id.substr(0, 12);
  return scopes_->wrap(std::move(spec), name,
                       {.memory_bytes = limits.memory_bytes, .cpu_cores = limits.cpu_cores, .run_seconds = limits.run_seconds});
}

/// The next look at a client that runs.
void Supervisor::watch_limits(Entry& entry) {
  const auto& limits = settings_.limits;
  if (!limits.watched() || !entry.process) return;
  double wait = kLookSeconds;
  if (limits.run_seconds > 0) {
    const double left = limits.run_seconds - std::max(0.0, now() - entry.record.status.started_at);
    // When time alone is limited nothing is to be seen before its end.
    wait = limits.memory_bytes > 0 || limits.disk_bytes > 0 ? std::min(wait, left) : left;
  }
  entry.look = loop_.after(std::chrono::milliseconds(static_cast<std::int64_t>(std::max(0.0, wait) * 1'000) + 1),
                           [this, key = entry.key, run_id = entry.record.status.run_id] { look_at_limits(key, run_id); });
}

void Supervisor::look_at_limits(const ClientKey& key, const std::string& run_id) {
  Locked entry = acquire(key);
  if (!entry->present || !entry->is_running() || !entry->process || entry->record.status.run_id != run_id) return;
  const log::TraceScope scope(entry->record.trace);
  entry->look.reset();
  entry->used.run_seconds = std::max(0.0, now() - entry->record.status.started_at);
  see_memory(*entry);
  see_disk(*entry);
  const auto excess = excess_of(settings_.limits, entry->used);
  // A stop is under way in any case: what is asked for last is what its end is called.
  if (!excess || entry->state() == task::ClientState::kStopping) return watch_limits(*entry);
  entry->excess = excess;
  log::Fields fields = fields_of(key);
  fields.emplace_back("limit", limit_name(excess->limit));
  fields.emplace_back("why", excess->sentence(settings_.name));
  log::warning("client is ended, it used more than it may", fields);
  climb_stop_ladder(*entry, settings_.stop_grace);
}

void Supervisor::see_memory(Entry& entry) const {
  if (settings_.limits.memory_bytes == 0) return;
  const auto pid = static_cast<pid_t>(entry.record.process.pid);
  const auto bytes = process::memory_of(pid, in_scopes() ? process::Memory::kResident : process::Memory::kData);
  if (bytes) entry.used.memory_bytes = bytes;  // else it is ending: what was seen before says more
}

void Supervisor::see_disk(Entry& entry) const {
  if (settings_.limits.disk_bytes == 0) return;
  const auto made = process::disk_of(folders_.task_folder(entry.key));
  const auto staged = process::disk_of(folders_.datasets().path() / output_staging_path(entry.key));
  if (made && staged) entry.used.disk_bytes = *made + *staged;
}

/// The limit that ended the client, or that it was being ended for; nothing when none had to do with it.
std::optional<Excess> Supervisor::limit_at_end(Entry& entry, const std::optional<task::ClientReport>& report, const process::Outcome& outcome) {
  if (entry.look) loop_.cancel(*std::exchange(entry.look, std::nullopt));
  if (report && report->state == task::ClientState::kFinished) return std::nullopt;
  return entry.excess ? entry.excess : excess_at_end(settings_.limits, entry.used, report, outcome);
}

}  // namespace pai::node
