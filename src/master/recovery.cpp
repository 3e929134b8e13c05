#include "master/recovery.h"

#include "common/log/log.h"
#include "master/creation.h"
#include "master/starting.h"

namespace pai::master {
namespace {

using task::TaskState;

/// Runs `work` in the background with the task's operation held from now on: a user's call waits for it.
Status in_background(Lifecycle& lifecycle, const TaskPtr& task,
                     void (*work)(Lifecycle&, const TaskPtr&, std::shared_ptr<Operation>)) {
  auto operation = lifecycle.try_begin(task);
  PAI_CHECK(operation.has_value(), "nothing else runs during recovery");
  auto held = std::make_shared<Operation>(std::move(*operation));
  lifecycle.calls().post([&lifecycle, task, work, held] { work(lifecycle, task, held); });
  return {};
}

Status recover_one(Lifecycle& lifecycle, const TaskPtr& task) {
  TaskState state;
  bool decided = false;
  log::Trace trace;
  {
    const std::lock_guard lock(task->mutex);
    if (!task->exists) return {};
    trace = task->record.trace;
    state = task->record.state;
    decided = task->record.decided;
    lifecycle.table().pin(task);
    if (task::is_active(state) || state == TaskState::kAwaitingApproval) lifecycle.follow(task);
    task->starting_since = steady_seconds();
    task->starting_calls = state == TaskState::kStarting;
    for (std::size_t i = 0; i < task->clients.size(); ++i) {
      if (task::is_terminal(task->clients[i].state)) task->ended_seen_at[i] = steady_seconds();
    }
  }
  const log::TraceScope scope(trace);  // and of all that is posted below
  log::info("task was taken up again", {{"task", task->name}, {"state", task_state_name(state)}});
  switch (state) {
    case TaskState::kCreating:
      return decided ? in_background(lifecycle, task, finish_creation) : abandon_creation(lifecycle, task);
    case TaskState::kStarting: return in_background(lifecycle, task, finish_start);
    case TaskState::kRunning: lifecycle.schedule_drive(task); return {};
    case TaskState::kStoppingToFailed:
    case TaskState::kStoppingToStopped:
      lifecycle.calls().post([&lifecycle, task] { (void)lifecycle.stop_round(task); });  // logs and repeats by itself
      return {};
    case TaskState::kDeleting:
      lifecycle.table().unpin(*task);  // its intents lead it to the end
      return {};
    case TaskState::kAwaitingApproval: lifecycle.schedule_drive(task); return {};
    case TaskState::kCreated:
    case TaskState::kFinished:
    case TaskState::kFailed:
    case TaskState::kStopped:
    case TaskState::kRejected: return {};
  }
  return {};
}

}  // namespace

Status recover(Lifecycle& lifecycle) {
  PAI_ASSIGN(const auto names, lifecycle.store().unfinished());
  for (const auto& name : names) {
    const auto task = lifecycle.table().acquire(name);
    if (!task.ok()) {
      // One damaged row is no reason to leave the others alone.
      log::error("task could not be taken up again", {{"task", name}, {"why", task.error().describe()}});
      continue;
    }
    PAI_TRY(recover_one(lifecycle, *task));
  }
  return {};
}

}  // namespace pai::master
