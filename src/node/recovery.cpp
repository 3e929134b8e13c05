// What a restart finds: half-made creations, clients that run on, clients that ended meanwhile, folders of
// nobody.
#include <algorithm>
#include <utility>

#include "common/log/log.h"
#include "common/task/validate.h"
#include "node/checks.h"
#include "node/client_log.h"
#include "node/entry.h"
#include "node/supervisor.h"

namespace pai::node {
namespace {

constexpr std::chrono::seconds kAdoptRetry{1};

using task::ClientEvent;
using task::ClientState;

}  // namespace

Status Supervisor::recover() {
  PAI_ASSIGN(const auto datasets, store_.datasets());
  for (const auto& dataset : datasets) outputs_.add_dataset(dataset.summary.out_data_path, dataset.holder);
  const double recent = now() - std::chrono::duration<double>(Board::kRecent).count();
  PAI_ASSIGN(auto records, store_.clients(recent));
  std::vector<std::pair<ClientKey, std::string>> vanished;
  for (auto& record : records) {
    const ClientKey key = record.key();
    Locked entry = acquire(key);
    entry->record = std::move(record);
    entry->present = entry->loaded = true;
    const log::TraceScope scope(entry->record.trace);
    if (Status recovered = recover_client(*entry); !recovered.ok()) {
      // One client's trouble, or a full disk, keeps no other from being served.
      warn("client could not be taken over as it was", key, recovered.error());
      if (entry->state() == ClientState::kPrepared) drop_preparation(*entry);
    }
    if (entry->present && entry->is_running() && !entry->process && !entry->unadopted)
      vanished.emplace_back(key, entry->record.status.run_id);
  }
  // Outside of the loop, which holds each entry.
  for (const auto& [key, run_id] : vanished) ended(key, run_id, process::Vanished{}, /*unwatched=*/true);
  PAI_TRY(recover_queue());
  PAI_TRY(remove_strays());
  log::info("state recovered", {{"clients", static_cast<std::uint64_t>(records.size())},
                                {"datasets", static_cast<std::uint64_t>(datasets.size())}});
  return {};
}

Status Supervisor::recover_client(Entry& entry) {
  const std::string& output = entry.record.out_data_path;
  if (!output.empty() && !task::is_terminal(entry.state())) {
    if (Status reserved = outputs_.reserve(output, entry.key, /*overwrite=*/true); !reserved.ok()) {
      warn("output path is held twice", entry.key, reserved.error());  // its start will be refused
    }
  }
  post(entry);
  const bool deleting = entry.record.intent != Intent::kNone;
  switch (entry.state()) {
    case ClientState::kPrepared:
      PAI_TRY(restage(entry));
      // A commit may have moved the folder and not have been recorded.
      PAI_TRY(folders_.remove_task_folder(entry.key.folder()));
      await_commit(entry);
      break;
    case ClientState::kAwaitingApproval:
    case ClientState::kCreated:
      if (!deleting && !folders_.has_task_file(entry.key)) {
        PAI_TRY(rewrite(entry));
        log::warning("task folder was missing and was written anew",
                     {{"task", entry.key.task_name}, {"client", entry.key.client}});
      }
      break;
    case ClientState::kStarting:
    case ClientState::kRunning:
    case ClientState::kStopping:
      return recover_process(entry);
    case ClientState::kFinished:
    case ClientState::kFailed:
    case ClientState::kStopped:
    case ClientState::kRejected:
      break;
  }
  if (!deleting) return {};
  if (Status removed = finish_removal(entry); !removed.ok())
    warn("client could not be removed", entry.key, removed.error());
  return {};
}

/// It can't be committed: its master prepares again.
void Supervisor::drop_preparation(Entry& entry) {
  if (Status undone = undo_creation(entry); undone.ok()) return;
  await_commit(entry);  // its expiry tries again
}

/// Writes the preparation's folder as it was, from the database.
Status Supervisor::restage(Entry& entry) {
  PAI_ASSIGN(const auto spec, load_spec(entry.key));
  return folders_.stage(entry.key, make_task_file(spec, entry.record));
}

/// The same for a committed client.
Status Supervisor::rewrite(Entry& entry) {
  PAI_ASSIGN(const auto spec, load_spec(entry.key));
  return folders_.begin_run(entry.key, make_task_file(spec, entry.record));
}

/// Without a process afterwards, it ended while no daemon was there.
Status Supervisor::recover_process(Entry& entry) {
  const ClientKey key = entry.key;
  const std::string run_id = entry.record.status.run_id;
  const auto report = folders_.report(key, run_id);
  if (const auto spec = load_spec(key); spec.ok()) {
    meter_.begin(key, *spec, report.ok() && *report ? (*report)->usage.value_or(task::Usage{}) : task::Usage{});
  }
  watch_reports(key);
  // It holds them also while it could not be looked at.
  ports_.adopt(entry.record.computation_port, key);
  slots_.adopt(key, run_id);
  auto process = launcher_.adopt(entry.record.process, [this, key, run_id](const auto& outcome) {
    ended(key, run_id, outcome, /*unwatched=*/false);
  });
  if (!process.ok()) {
    if (process.error().code() == ErrorCode::kNotFound) return {};  // `recover` judges it
    entry.unadopted = true;
    loop_.after(kAdoptRetry, [this, key, run_id] { adopt_again(key, run_id); });
    return std::move(process).error();
  }
  entry.unadopted = false;
  entry.process = *std::move(process);
  use_again(entry);
  watch_limits(entry);
  log::info("running client taken over",
            {{"task", key.task_name}, {"client", key.client}, {"pid", entry.record.process.pid}});
  if (entry.state() == ClientState::kStarting) PAI_TRY(step(entry, ClientEvent::kLaunched));
  if (report.ok() && *report) take_progress(entry.record.status, **report);
  post(entry);
  if (entry.state() == ClientState::kStopping) {
    climb_stop_ladder(entry, settings_.stop_grace);
  } else if (entry.record.intent != Intent::kNone) {
    PAI_TRY(begin_stop(entry, "deleted"));
  }
  return {};
}

/// What it reads is held again, so that nobody replaces it meanwhile.
void Supervisor::use_again(Entry& entry) {
  const auto spec = load_spec(entry.key);
  if (!spec.ok()) return;  // its end will say what is wrong with node.db
  const std::string path = data_path_of(spec->clients.at(static_cast<std::size_t>(entry.key.client)));
  if (path.empty()) return;
  if (Status used = outputs_.use(path, entry.key); !used.ok()) {
    warn("data set is used and written at once", entry.key, used.error());
    return;
  }
  entry.used_path = path;
}

/// It may run, and could not be looked at: too many descriptors, say.
void Supervisor::adopt_again(const ClientKey& key, const std::string& run_id) {
  {
    Locked entry = acquire(key);
    if (!entry->present || !entry->unadopted || entry->record.status.run_id != run_id) return;
    const log::TraceScope scope(entry->record.trace);
    if (Status adopted = recover_process(*entry); !adopted.ok()) {
      warn("client could not be taken over yet", key, adopted.error());
      return;
    }
    if (entry->process) return;
    entry->unadopted = false;
  }
  ended(key, run_id, process::Vanished{}, /*unwatched=*/true);
}

/// Folders that no row accounts for: a crash left them between two steps, or node.db was lost.
Status Supervisor::remove_strays() {
  PAI_ASSIGN(const auto states, store_.states());
  const auto state_of = [&](const ClientKey& key) -> std::optional<ClientState> {
    const auto found = states.find(key);
    return found == states.end() ? std::nullopt : std::optional(found->second);
  };
  const auto runs = [](ClientState state) {
    return state == ClientState::kStarting || state == ClientState::kRunning ||
           state == ClientState::kStopping;
  };
  const auto left_alone = [](std::string_view where, const std::string& folder) {
    log::warning("foreign name was left alone", {{"folder", where}, {"name", folder}});
  };
  const auto removed = [](std::string_view what, const std::string& folder, const Status& removal) {
    if (removal.ok()) {
      log::warning(what, {{"name", folder}});
    } else {
      // It is in nobody's way: a client of that name would write it anew.
      log::warning("folder of no known client could not be removed",
                   {{"name", folder}, {"fault", removal.error().describe()}});
    }
  };
  PAI_ASSIGN(const auto in_tasks, folders_.task_folders());
  for (const auto& folder : in_tasks) {
    const auto key = key_of_folder(folder);
    if (key && state_of(*key)) continue;
    if (!key || !Folders::is_ours(folders_.tasks(), *key)) {
      left_alone("tasks_dir", folder);
      continue;
    }
    end_stray(folder);
    removed("task folder of no known client removed", folder, folders_.remove_task_folder(folder));
  }
  PAI_ASSIGN(const auto staged, folders_.staged_folders());
  for (const auto& folder : staged) {
    const auto key = key_of_folder(folder);
    if (key && state_of(*key) == ClientState::kPrepared) continue;
    if (!key || !Folders::is_ours(folders_.staging(), *key)) {
      left_alone("staging_dir", folder);
      continue;
    }
    removed("half-made preparation removed", folder, folders_.remove_staged_folder(folder));
  }
  PAI_ASSIGN(const auto outputs, folders_.output_stagings());
  for (const auto& folder : outputs) {
    const auto key = key_of_folder(folder);
    if (!key) {
      left_alone("datasets_dir/.staging", folder);
      continue;
    }
    if (const auto state = state_of(*key); state && runs(*state)) continue;
    removed("half-made data set removed", folder,
            folders_.datasets().remove_tree(std::string(kOutputStaging) + "/" + folder));
  }
  return {};
}

/// A client may run in a folder that node.db does not know: nobody else will ever end it.
void Supervisor::end_stray(const std::string& folder) {
  const auto identity = folders_.reported_process(folder);
  if (!identity) return;
  auto process = launcher_.adopt(*identity, [](const auto&) {});
  if (!process.ok()) return;
  (*process)->kill();
  log::warning("running client of no known task killed", {{"name", folder}, {"pid", identity->pid}});
}

}  // namespace pai::node
