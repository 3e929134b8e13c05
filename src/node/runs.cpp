// A run of a client: its start, its reports, its end.
#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <utility>

#include "common/log/log.h"
#include "common/task/training.h"
#include "node/checks.h"
#include "node/client_log.h"
#include "node/entry.h"
#include "node/judgement.h"
#include "node/logs.h"
#include "node/supervisor.h"

namespace pai::node {
namespace {

using task::ClientEvent;
using task::ClientState;

constexpr std::chrono::seconds kStoreRetry{1};
constexpr std::string_view kStateFile = "state.json";

/// All that a client inherits: nothing of ours is a setting of its.
std::vector<std::string> client_environment() {
  std::vector<std::string> environment{"PATH=/usr/local/bin:/usr/bin:/bin"};
  const char* language = std::getenv("LANG");
  environment.push_back(std::string("LANG=") + (language != nullptr ? language : "C.UTF-8"));
  if (const char* zone = std::getenv("TZ"); zone != nullptr) environment.push_back(std::string("TZ=") + zone);
  return environment;
}

}  // namespace

Status check_run_id(const std::string& run_id) {
  if (!run_id.empty() && run_id.size() <= 64 &&
      run_id.find_first_not_of("0123456789abcdef") == std::string::npos)
    return {};
  return Error(ErrorCode::kInvalid, "run_id must be lower-case hexadecimal, 1 to 64 digits");
}

/// That its state lets it be launched, by retry if need be.
Status Supervisor::check_launchable(const Entry& entry) const {
  if (entry.state() == ClientState::kAwaitingApproval) return awaiting(entry.key);
  if (entry.state() == ClientState::kRejected) {
    return Error(ErrorCode::kConflict, entry.key.text() + " was rejected by the data owner")
        .with_hint("delete the task and create another, which the owner is asked about anew");
  }
  if (task::is_terminal(entry.state())) return {};
  PAI_TRY(task::apply(entry.state(), ClientEvent::kLaunch));
  return {};
}

/// That a launch now would find what it needs. The state was looked at before.
Result<Checked> Supervisor::check_runnable(const Caller& caller, Entry& entry, const task::TaskSpec& spec,
                                           const std::string& run_id, bool resume) {
  const task::ClientSpec& self = spec.clients.at(static_cast<std::size_t>(entry.key.client));
  if (resume) PAI_TRY(task::check_resumable(spec));
  PAI_TRY(ports_.check(self.computation_port, entry.key));
  PAI_ASSIGN(auto checked, check_client(caller, entry.key, spec, Run{entry.key.task_name, run_id}));
  // A grant of today may want what that of the creation did not; and what was approved is this very task.
  GrantRecord granted = entry.record.granted;
  granted.grant = checked.allowed.grant;
  granted.manual = checked.allowed.manual;
  granted.initiator = caller.certificate;
  if (!(granted == entry.record.granted)) {
    std::swap(granted, entry.record.granted);
    if (Status saved = store_.save_granted(entry.record); !saved.ok()) {
      std::swap(granted, entry.record.granted);
      return saved.error();
    }
  }
  if (awaits_approval(entry.record, whole_digest(spec, entry.record))) return awaiting(entry.key);
  if (checked.dataset) PAI_TRY(outputs_.check_use(checked.dataset->data_path, entry.key));
  return checked;
}

Result<Seen> Supervisor::check_start(const Caller& caller, const ClientKey& key, bool resume) {
  PAI_ASSIGN(const Locked entry, acquire_known(caller.name, key));
  PAI_TRY(check_launchable(*entry));
  PAI_ASSIGN(const auto spec, load_spec(key));
  PAI_ASSIGN(auto checked, check_runnable(caller, *entry, spec, "", resume));
  return Seen{entry->record.status, std::move(checked.dataset)};
}

Result<task::ClientStatus> Supervisor::start(const Caller& caller, const ClientKey& key, const std::string& run_id,
                                             bool resume) {
  PAI_TRY(check_run_id(run_id));
  PAI_ASSIGN(Locked entry, acquire_known(caller.name, key));
  if (entry->record.status.run_id == run_id) return entry->record.status;
  if (entry->record.intent != Intent::kNone)
    return Error(ErrorCode::kConflict, key.text() + " is being deleted");
  PAI_TRY(check_launchable(*entry));
  PAI_ASSIGN(const auto spec, load_spec(key));
  PAI_ASSIGN(const auto checked, check_runnable(caller, *entry, spec, run_id, resume));

  const task::ClientSpec& self = spec.clients[static_cast<std::size_t>(key.client)];
  PAI_TRY(ports_.claim(self.computation_port, key));
  if (Status turn = slots_.take(caller.name, key, run_id); !turn.ok()) {
    ports_.release(self.computation_port, key);
    return turn.error();
  }
  Status launched;
  const std::string& output = entry->record.out_data_path;
  if (!output.empty()) launched = outputs_.reserve(output, key, overwrites(self));
  if (launched.ok() && checked.dataset) {
    launched = outputs_.use(checked.dataset->data_path, key);
    if (launched.ok()) entry->used_path = checked.dataset->data_path;
  }
  const policy::Allowed& allowed = checked.allowed;
  // Before the process exists: a use that is not counted must not happen. One that then fails to start counts too.
  if (launched.ok() && !allowed.grant.empty())
    launched = store_.add_use(allowed.grant, key.task_name, run_id, now(), allowed.uses_max);
  if (launched.ok()) {
    auto file = make_task_file(spec, entry->record, checked.model_folder, resume);
    file.node.min_intersection = std::max(file.node.min_intersection, allowed.min_intersection);
    file.node.rows_max = allowed.rows_max.value_or(0);
    file.node.raw_sha256 = checked.raw_sha256;
    file.run_id = run_id;
    file.traceparent = log::traceparent(log::next_step(log::current_trace()));
    launched = launch(*entry, file);
  }
  if (!launched.ok()) {
    if (entry->process == nullptr) release(*entry);
    warn("client could not be started", key, launched.error());
    return as_own_fault(std::move(launched).error().in_context("cannot start " + key.text()));
  }
  drop_used_tickets();
  return entry->record.status;
}

/// From Created, or by retry from an end, to Running. After an error the process does not exist, and the
/// state is Created or Failed; or, when only the last step could not be stored, it runs and is watched as
/// Starting.
Status Supervisor::launch(Entry& entry, const task::TaskFile& file) {
  ClientRecord& record = entry.record;
  const std::string& run_id = file.run_id;
  if (task::is_terminal(entry.state())) {
    const ClientRecord before = record;
    task::ClientStatus fresh;
    fresh.task_name = record.status.task_name;
    fresh.client = record.status.client;
    fresh.state = record.status.state;
    fresh.created_at = record.status.created_at;
    record.status = fresh;
    record.stop_reason.clear();
    if (Status reset = step(entry, ClientEvent::kRetry); !reset.ok()) {
      record = before;
      return reset;
    }
  }
  record.status.run_id = run_id;
  record.status.started_at = now();
  record.trace = log::current_trace();
  entry.used = {};
  entry.excess.reset();
  const auto withdraw = [&](Error error) {
    record.status.run_id.clear();
    record.status.started_at = 0;
    record.process = {};
    post(entry);
    return error;
  };
  if (Status written = folders_.begin_run(entry.key, file); !written.ok()) {
    return withdraw(std::move(written).error());
  }
  watch_reports(entry.key);
  entry.log_begin = log_size(folders_.tasks(), entry.key);

  const std::string folder = folders_.task_folder(entry.key).string();
  const process::LaunchSpec launch_spec{.program = settings_.client_program,
                                        .arguments = {"--task", folder + "/task.json"},
                                        .environment = client_environment(),
                                        .folder = folder,
                                        .log_file = folders_.log_file(entry.key).string(),
                                        .limits = {}};
  const auto store_process = [&](const task::ProcessIdentity& identity) {
    record.process = identity;
    return step(entry, ClientEvent::kLaunch);
  };
  auto process =
      launcher_.launch(limited(launch_spec, entry), store_process, [this, key = entry.key, run_id](const auto& outcome) {
        ended(key, run_id, outcome, /*unwatched=*/false);
      });
  if (!process.ok()) {
    watch_.unwatch(folder);
    if (entry.state() == ClientState::kCreated) return withdraw(std::move(process).error());
    record.status.reason = process.error().describe();
    record.status.ended_at = now();
    if (Status failed = step(entry, ClientEvent::kFail); !failed.ok())
      warn("failed start could not be recorded", entry.key, failed.error());
    post(entry);
    return std::move(process).error();
  }
  entry.process = *std::move(process);
  meter_.begin(entry.key, file.spec);
  watch_limits(entry);
  PAI_TRY(step(entry, ClientEvent::kLaunched));
  post(entry);
  log::info("client started", {{"task", entry.key.task_name},
                               {"client", entry.key.client},
                               {"pid", record.process.pid},
                               {"run", run_id}});
  return {};
}

void Supervisor::watch_reports(const ClientKey& key) {
  const auto on_moved_in = [this, key](std::string_view file) {
    if (file == kStateFile) take_report(key);
  };
  if (Status watched = watch_.watch(folders_.task_folder(key).string(), on_moved_in); !watched.ok()) {
    warn("progress of a client is not followed", key, watched.error());  // its end is seen all the same
  }
}

/// The client wrote a new state.json while it runs. Its state is judged when the process has ended, not
/// before.
void Supervisor::take_report(const ClientKey& key) {
  Locked entry = acquire(key);
  if (!entry->present || !entry->is_running() || !entry->process) return;
  const log::TraceScope scope(entry->record.trace);
  auto report = folders_.report(key, entry->record.status.run_id);
  if (!report.ok()) {
    warn("client's state.json was unreadable", key, report.error());
    return;
  }
  if (!*report) return;
  task::ClientStatus& status = entry->record.status;
  if (status.progress.phase != (*report)->progress.phase) {
    log::debug("client began a phase",
               {{"task", key.task_name}, {"client", key.client}, {"phase", (*report)->progress.phase}});
  }
  take_progress(status, **report);
  see_memory(*entry);
  if ((*report)->usage) meter_.report(key, *(*report)->usage);
  post(*entry);
  // It has said its last word: what does not end by itself now is hanging.
  if (task::is_terminal((*report)->state) && !entry->timer) {
    entry->timer = loop_.after(settings_.stop_grace, [this, key, run_id = status.run_id] {
      Locked late = acquire(key);
      if (!late->present || !late->process || late->record.status.run_id != run_id) return;
      late->timer.reset();
      const log::TraceScope late_scope(late->record.trace);
      log::warning("client did not end after its final report", fields_of(key));
      climb_stop_ladder(*late, settings_.stop_grace);
    });
  }
}

void Supervisor::ended(const ClientKey& key, const std::string& run_id, const process::Outcome& outcome,
                       bool unwatched) {
  Locked entry = acquire(key);
  if (!entry->present || !entry->is_running() || entry->record.status.run_id != run_id) return;
  const log::TraceScope scope(entry->record.trace);
  entry->process.reset();
  if (entry->timer) loop_.cancel(*std::exchange(entry->timer, std::nullopt));
  watch_.unwatch(folders_.task_folder(key).string());

  auto report = folders_.report(key, run_id);
  if (!report.ok()) warn("client's last state.json was unreadable", key, report.error());
  const auto excess = limit_at_end(*entry, report.ok() ? *report : std::nullopt, outcome);
  Evidence evidence{.state = entry->state(),
                    .report = report.ok() ? *report : std::nullopt,
                    .outcome = outcome,
                    .ended_unwatched = unwatched,
                    .last_error_line =
                        last_error_line(folders_.tasks(), key, entry->log_begin, settings_.share_logs),
                    .stop_reason = entry->record.stop_reason,
                    .over_limit = excess ? excess->sentence(settings_.name) : ""};
  const Judgement judgement = judge(evidence);
  // Before the end is told: whoever hears of it may start the client again. And room on a full disk may be
  // what the database is waiting for.
  if (Status removed = folders_.remove_output_staging(key); !removed.ok()) {
    warn("staged data set left behind", key, removed.error());
  }

  const ClientRecord before = entry->record;
  task::ClientStatus& status = entry->record.status;
  if (evidence.report) take_progress(status, *evidence.report);
  status.reason = judgement.reason;
  status.blames = judgement.blames;
  status.exit_code = judgement.exit_code;
  status.signal = judgement.signal;
  status.dataset = judgement.dataset;
  status.ended_at = now();
  if (Status stored = step(*entry, judgement.event); !stored.ok()) {
    entry->record = before;  // what is not stored is not told either
    if (!std::exchange(entry->end_unsaved, true)) {
      log::error("end of a client could not be recorded; trying again every second",
                 {{"task", key.task_name}, {"client", key.client}, {"fault", stored.error().describe()}});
    }
    loop_.after(kStoreRetry,
                [this, key, run_id, outcome, unwatched] { ended(key, run_id, outcome, unwatched); });
    return;
  }
  entry->end_unsaved = false;
  release(*entry);
  if (evidence.report && evidence.report->usage) meter_.report(key, *evidence.report->usage);
  if (excess && judgement.reason == evidence.over_limit) meter_.over_limit(excess->limit);
  meter_.end(key, entry->state(), std::max(0.0, status.ended_at - status.started_at));
  if (status.dataset) outputs_.add_dataset(status.dataset->out_data_path, key);
  log::Fields fields = fields_of(key);
  fields.emplace_back("state", task::client_state_name(entry->state()));
  if (status.exit_code) fields.emplace_back("exit_code", *status.exit_code);
  if (status.signal) fields.emplace_back("signal", *status.signal);
  fields.emplace_back("ran_s", std::round((status.ended_at - status.started_at) * 1'000) / 1'000);
  if (!status.reason.empty()) fields.emplace_back("reason", status.reason);
  log::write(entry->state() == ClientState::kFailed ? log::Level::kWarning : log::Level::kInfo,
             "client ended", fields);
  post(*entry);
  if (entry->record.intent == Intent::kNone) return;
  if (Status removed = finish_removal(*entry); !removed.ok())
    warn("client could not be removed", key, removed.error());
}

/// Lets others have the port, the output path and the data set.
void Supervisor::release(Entry& entry) {
  ports_.release(entry.record.computation_port, entry.key);
  slots_.release(entry.key);
  const bool may_run_as_it_is = entry.state() == ClientState::kCreated;
  if (!entry.record.out_data_path.empty() && !may_run_as_it_is)
    outputs_.release(entry.record.out_data_path, entry.key);
  if (const std::string used = std::exchange(entry.used_path, {}); !used.empty()) outputs_.end_use(used, entry.key);
}

}  // namespace pai::node
