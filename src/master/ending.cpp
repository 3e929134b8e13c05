#include "master/ending.h"

#include <algorithm>

#include "common/log/log.h"
#include "common/task/training.h"
#include "master/fan_out.h"
#include "master/live_calls.h"

namespace pai::master {
namespace {

using task::TaskEvent;
using task::TaskState;

nlohmann::json answer(const LiveTask& task) {
  return {{"msg", task::task_state_folded(task.record.state)},
          {"task_name", task.name},
          {"state", task::task_state_name(task.record.state)}};
}

Error not_found(const std::string& name) {
  return Error(ErrorCode::kNotFound, "task '" + name + "' does not exist");
}

NodeCall call_of(const LiveTask& task, const Intent& intent, std::chrono::milliseconds timeout) {
  if (intent.kind == Intent::Kind::kStop) return stop_call(task, intent.client, timeout);
  auto call = client_call(task, intent.client, "/deleteTask");
  if (intent.datasets) call.query.emplace_back("datasets", "true");
  call.timeout = timeout;
  return call;
}

Error unconfirmed_error(const LiveTask& task, const Unconfirmed& unconfirmed, std::string_view what) {
  std::vector<FailedCall> failures;
  for (const auto& [intent, reply] : unconfirmed) failures.push_back({&task.client(intent.client), &reply});
  const auto error = fan_out_error(failures);
  return Error(ErrorCode::kNodeFailed, std::string(what) + " was not confirmed by " + error.message())
      .with_details(error.details())
      .with_hint("it is repeated until the node confirms; force=true forgets it");
}

/// Brings an active task to its end. Afterwards it is Finished, Failed or Stopped. Gives what was told now and not
/// confirmed.
Result<Unconfirmed> end_if_active(Lifecycle& lifecycle, const TaskPtr& task, bool force) {
  {
    const std::lock_guard lock(task->mutex);
    const auto state = task->record.state;
    if (!task::is_active(state) && state != TaskState::kCreated && state != TaskState::kAwaitingApproval) {
      return Unconfirmed{};
    }
    if (state != TaskState::kStoppingToFailed && state != TaskState::kStoppingToStopped) {
      PAI_TRY(lifecycle.transition(task, TaskEvent::kStop, {}, [](TaskRecord& record) {
        record.cause = "stopped by request";
        record.cause_client = -1;
      }));
    }
  }
  PAI_ASSIGN(auto unconfirmed, lifecycle.stop_round(task, force));
  const std::lock_guard lock(task->mutex);
  if (task::is_active(task->record.state)) {
    return Error(ErrorCode::kTimeout, "stopping task '" + task->name + "' takes too long");
  }
  return unconfirmed;
}

/// Forgets the intents of unreachable nodes, for `force`.
Status drop_intents(Lifecycle& lifecycle, const TaskPtr& task) {
  const std::lock_guard lock(task->mutex);
  std::vector<std::int64_t> ids;
  for (const auto& intent : task->intents) ids.push_back(intent.id);
  PAI_TRY(lifecycle.store().remove_intents(ids));
  task->intents.clear();
  return {};
}

/// That no running task reads the data sets which are to go. A node that does not answer says nothing against it: it is told
/// when it comes back, and looks again then.
Status check_datasets_unused(Lifecycle& lifecycle, const TaskPtr& task) {
  std::shared_ptr<const task::TaskSpec> spec;
  std::vector<NodeCall> calls;
  std::vector<int> clients;
  {
    const std::lock_guard lock(task->mutex);
    spec = task->record.spec;
    for (const auto& client : spec->clients) {
      if (!client.settings.contains("out_data_path")) continue;
      auto call = client_call(*task, client.id, "/deleteTask");
      call.query.emplace_back("datasets", "true");
      call.query.emplace_back("check", "true");
      calls.push_back(std::move(call));
      clients.push_back(client.id);
    }
  }
  const auto replies = call_live(lifecycle.link(), calls, lifecycle.options().life_sign_timeout);
  std::vector<FailedCall> failures;
  for (std::size_t i = 0; i < replies.size(); ++i) {
    const auto& reply = replies[i];
    if (reply.outcome != NodeReply::Outcome::kRefused || reply.http_status != 409) continue;
    failures.push_back({&spec->clients[static_cast<std::size_t>(clients[i])], &reply});
  }
  if (failures.empty()) return {};
  return fan_out_error(failures).in_context("nothing was deleted");
}

}  // namespace

Result<Unconfirmed> carry_out_intents(Lifecycle& lifecycle, const TaskPtr& task) {
  std::vector<Intent> intents;
  std::vector<NodeCall> calls;
  {
    const std::lock_guard lock(task->mutex);
    if (!task->exists) return Unconfirmed{};
    intents = task->intents;
    for (const auto& intent : intents) calls.push_back(call_of(*task, intent, lifecycle.options().stop_timeout));
  }
  auto replies = call_live(lifecycle.link(), calls, lifecycle.options().life_sign_timeout);

  const std::lock_guard lock(task->mutex);
  if (!task->exists) return Unconfirmed{};
  Unconfirmed unconfirmed;
  std::vector<std::int64_t> confirmed;
  std::vector<task::ClientStatus> changed;
  for (std::size_t i = 0; i < intents.size(); ++i) {
    if (!confirms_stopped(replies[i])) {
      unconfirmed.emplace_back(intents[i], std::move(replies[i]));
      continue;
    }
    confirmed.push_back(intents[i].id);
    auto status = client_status_in(replies[i], task->name, intents[i].client);
    if (intents[i].kind == Intent::Kind::kStop && status.has_value() && lifecycle.merge(*task, *status)) {
      changed.push_back(std::move(*status));
    }
  }
  if (!changed.empty()) PAI_TRY(lifecycle.store().save_clients(task->record, changed));
  if (unconfirmed.empty() && task->record.state == TaskState::kDeleting) {
    PAI_TRY(lifecycle.forget(task));
    log::info("task deleted", {{"task", task->name}});
    return unconfirmed;
  }
  PAI_TRY(lifecycle.store().remove_intents(confirmed));
  std::erase_if(task->intents, [&](const Intent& intent) {
    return std::find(confirmed.begin(), confirmed.end(), intent.id) != confirmed.end();
  });
  if (!confirmed.empty()) lifecycle.show(task);
  return unconfirmed;
}

Result<nlohmann::json> stop_task(Lifecycle& lifecycle, const std::string& name, EndOptions options) {
  PAI_ASSIGN(const auto task, lifecycle.existing(name));
  PAI_ASSIGN(const auto operation, lifecycle.begin(task));
  {
    const std::lock_guard lock(task->mutex);
    if (!task->exists || task->record.state == TaskState::kDeleting) return not_found(name);
  }
  PAI_ASSIGN(auto unconfirmed, end_if_active(lifecycle, task, options.force));
  if (options.force) PAI_TRY(drop_intents(lifecycle, task));
  // What was just told is not told again: a node that hung then hangs now.
  if (unconfirmed.empty()) {
    PAI_ASSIGN(unconfirmed, carry_out_intents(lifecycle, task));
  }
  const std::lock_guard lock(task->mutex);
  if (!unconfirmed.empty()) return unconfirmed_error(*task, unconfirmed, "the stop");
  return answer(*task);
}

Result<nlohmann::json> delete_task(Lifecycle& lifecycle, const std::string& name, EndOptions options) {
  PAI_ASSIGN(const auto task, lifecycle.existing(name));
  PAI_ASSIGN(const auto operation, lifecycle.begin(task));
  bool created = false;
  bool deleting = false;
  {
    const std::lock_guard lock(task->mutex);
    if (!task->exists) return not_found(name);
    if (options.only_ended_at && (!task::is_terminal(task->record.state) || task->record.ended_at != *options.only_ended_at)) {
      return Error(ErrorCode::kConflict, "task '" + name + "' is not the one that was to be deleted any more: it was run again, or made anew");
    }
    created = task->record.state == TaskState::kCreated;  // nothing runs: no stop is needed first
    deleting = task->record.state == TaskState::kDeleting;
  }
  if (options.datasets && !deleting) PAI_TRY(check_datasets_unused(lifecycle, task));
  if (!created) PAI_TRY(end_if_active(lifecycle, task, options.force));
  {
    const std::lock_guard lock(task->mutex);
    if (task->record.state != TaskState::kDeleting) {
      Store::Change change{.drop_stop_intents = true};
      for (std::size_t i = 0; i < task->nodes.size(); ++i) {
        change.add_intents.push_back({.kind = Intent::Kind::kDelete,
                                      .task_name = name,
                                      .client = static_cast<int>(i),
                                      .node = task->nodes[i],
                                      .datasets = options.datasets});
      }
      PAI_TRY(lifecycle.transition(task, TaskEvent::kDelete, change));
      PAI_ASSIGN(task->intents, lifecycle.store().intents_of(name));
    }
  }
  PAI_ASSIGN(const auto unconfirmed, carry_out_intents(lifecycle, task));
  const std::lock_guard lock(task->mutex);
  if (task->exists && !unconfirmed.empty() && !options.force) {
    lifecycle.intents_added();
    return unconfirmed_error(*task, unconfirmed, "the deletion");
  }
  if (task->exists) {
    PAI_TRY(lifecycle.forget(task));
    log::warning("task was forgotten although nodes did not confirm its deletion", {{"task", name}});
  }
  return nlohmann::json{{"msg", "Deleted"}, {"task_name", name}};
}

Result<nlohmann::json> retry_task(Lifecycle& lifecycle, const std::string& name, bool resume) {
  PAI_ASSIGN(const auto task, lifecycle.existing(name));
  PAI_ASSIGN(const auto operation, lifecycle.begin(task));
  {
    const std::lock_guard lock(task->mutex);
    if (!task->exists || task->record.state == TaskState::kDeleting) return not_found(name);
    if (resume) PAI_TRY(task::check_resumable(*task->record.spec));
    if (task->record.state == TaskState::kCreated) {
      if (task->record.resume != resume) PAI_TRY(lifecycle.store().set_resume(task->record, resume));
      task->record.resume = resume;
      return answer(*task);
    }
    if (!task::apply(task->record.state, TaskEvent::kRetry).ok()) {
      return Error(ErrorCode::kConflict, "task '" + name + "' is " + std::string(task::task_state_name(task->record.state)) +
                                             ": only a task that is Failed or Stopped can be tried again");
    }
  }
  // A stop that is repeated later would end the new run.
  PAI_ASSIGN(const auto unconfirmed, carry_out_intents(lifecycle, task));
  const std::lock_guard lock(task->mutex);
  if (!unconfirmed.empty()) return unconfirmed_error(*task, unconfirmed, "the end of the former run");
  Store::Change change{.drop_stop_intents = true, .reset_datasets = true};
  for (const auto& client : task->clients) {
    task::ClientStatus fresh;
    fresh.task_name = name;
    fresh.client = client.client;
    fresh.created_at = client.created_at;
    change.clients.push_back(std::move(fresh));
  }
  PAI_TRY(lifecycle.transition(task, TaskEvent::kRetry, change, [resume](TaskRecord& record) {
    record.resume = resume;
    record.run_id.clear();
    record.cause.clear();
    record.cause_client = -1;
    record.started_at = 0;
    record.ended_at = 0;
  }));
  task->ended_seen_at.assign(task->clients.size(), std::nullopt);
  return answer(*task);
}

}  // namespace pai::master
