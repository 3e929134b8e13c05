// Rounds of stop calls: the last part of Lifecycle.
#include "common/log/log.h"
#include "master/fan_out.h"
#include "master/lifecycle.h"
#include "master/live_calls.h"

namespace pai::master {

using task::ClientState;
using task::TaskEvent;
using task::TaskState;

namespace {

bool is_stopping(TaskState state) {
  return state == TaskState::kStoppingToFailed || state == TaskState::kStoppingToStopped;
}

/// Takes over what a node answered to a stop. True when its client certainly does not run.
bool take_stop_reply(Lifecycle& lifecycle, LiveTask& task, int client, const NodeReply& reply,
                     std::vector<task::ClientStatus>& changed) {
  if (!confirms_stopped(reply)) return false;
  auto status = client_status_in(reply, task.name, client);
  if (!status.has_value()) {
    status = task.clients[static_cast<std::size_t>(client)];
    status->state = ClientState::kStopped;
    status->reason = "its node does not know it any more";
    status->ended_at = unix_seconds();
  }
  if (status.has_value() && lifecycle.merge(task, *status)) changed.push_back(*status);
  return true;
}

}  // namespace

Result<Unconfirmed> Lifecycle::stop_round(const TaskPtr& task, bool force) {
  {
    TaskLock lock(task->mutex);
    if (task->stop_round) {
      const bool ended =
          task->changed.wait_for(lock, options_.stop_timeout * 2, [&] { return !task->stop_round || stopping_; });
      if (stopping_) return Error(ErrorCode::kUnavailable, "the master is shutting down; the stop goes on when it is back");
      if (ended) return Unconfirmed{};
      return Error(ErrorCode::kTimeout, "stopping task '" + task->name + "' takes too long");
    }
    if (!task->exists || !is_stopping(task->record.state)) return Unconfirmed{};
    task->stop_round = true;
  }
  auto status = stop_clients(task, force);
  const std::lock_guard lock(task->mutex);
  task->stop_round = false;
  task->changed.notify_all();
  if (status.ok() || stopping_) return status;
  log::error("task's end was not stored", {{"task", task->name}, {"why", status.error().describe()}});
  calls_.post_after(std::chrono::seconds(1), [this, task] { (void)stop_round(task); });  // logged again there
  return status;
}

Result<Unconfirmed> Lifecycle::stop_clients(const TaskPtr& task, bool force) {
  std::vector<int> targets;
  std::vector<NodeCall> calls;
  {
    const std::lock_guard lock(task->mutex);
    if (!task->record.run_id.empty()) {
      for (const auto& status : task->clients) {
        if (task::is_terminal(status.state)) continue;
        targets.push_back(status.client);
        calls.push_back(stop_call(*task, status.client, options_.stop_timeout));
      }
    }
  }
  // A node that hangs must not hold up the task's end: it is told in the background.
  auto replies = call_live(link_, calls, options_.life_sign_timeout);

  const std::lock_guard lock(task->mutex);
  Store::Change change;
  Unconfirmed unconfirmed;
  for (std::size_t i = 0; i < targets.size(); ++i) {
    const int client = targets[i];
    if (take_stop_reply(*this, *task, client, replies[i], change.clients)) continue;
    log::warning("client could not be told to stop",
                 {{"task", task->name}, {"client", client}, {"node", calls[i].node.text()},
                  {"why", replies[i].error.has_value() ? replies[i].error->message() : ""}});
    if (force) continue;
    change.add_intents.push_back(
        {.kind = Intent::Kind::kStop, .task_name = task->name, .client = client, .node = calls[i].node});
    unconfirmed.emplace_back(change.add_intents.back(), std::move(replies[i]));
  }
  // The calls were cut off: who runs is not known, and asked again at the next start.
  if (stopping_ && !unconfirmed.empty()) {
    return Error(ErrorCode::kUnavailable, "the master is shutting down; the stop goes on when it is back");
  }
  PAI_TRY(transition(task, TaskEvent::kAllEnded, change));
  if (!change.add_intents.empty()) {
    PAI_ASSIGN(task->intents, store_.intents_of(task->name));
    intents_added();
  }
  return unconfirmed;
}

}  // namespace pai::master
