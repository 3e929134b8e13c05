// What nodes say about running tasks, and what follows from it: the other half of Lifecycle.
#include "common/base/text.h"
#include "common/log/log.h"
#include "master/lifecycle.h"

namespace pai::master {

using task::ClientState;
using task::TaskEvent;
using task::TaskState;

namespace {

/// After a write failed (a full disk): the conclusion is drawn again then.
constexpr std::chrono::milliseconds kStoreRetry{1'000};
/// After a node answered a question about a client with a fault of its own.
constexpr std::chrono::milliseconds kVerifyAgain{1'000};

bool process_may_run(ClientState state) {
  return state == ClientState::kStarting || state == ClientState::kRunning || state == ClientState::kStopping;
}

/// It runs although its task has ended and it was not seen to end: a start call that came after the stop, or a node that
/// came back.
bool is_stray(const LiveTask& task, const task::ClientStatus& status) {
  if (!task.exists || task.busy || !task::is_terminal(task.record.state) || !process_may_run(status.state)) return false;
  const auto index = static_cast<std::size_t>(status.client);
  return status.run_id == task.record.run_id && status.client >= 0 && index < task.clients.size() &&
         !task::is_terminal(task.clients[index].state);
}

/// One owner said no: the others need not be asked any more, and their clients hold nothing back.
std::vector<Intent> stops_of_the_others(const LiveTask& task) {
  std::vector<Intent> stops;
  for (const auto& status : task.clients) {
    if (task::is_terminal(status.state)) continue;
    stops.push_back({.kind = Intent::Kind::kStop,
                     .task_name = task.name,
                     .client = status.client,
                     .node = task.nodes.at(static_cast<std::size_t>(status.client))});
  }
  return stops;
}

/// What a node's answer about a client says if the client is not there; nothing when that can't be told.
std::optional<std::string> absence_in(const NodeReply& reply, bool other_run) {
  if (other_run) return "its node knows nothing of this run";
  if (reply.outcome != NodeReply::Outcome::kRefused) return std::nullopt;
  if (reply.http_status == 404) return "its node does not know it any more";
  // The node let us follow its events: it is this client that is not ours. Another master's stands in its place.
  if (reply.http_status == 403) return "its node refuses to tell of it: " + printable(reply.error->message(), 300);
  return std::nullopt;
}

}  // namespace

void Lifecycle::deliver(const TaskPtr& task, const task::ClientStatus& status) {
  {
    const std::lock_guard lock(task->inbox_mutex);
    task->inbox.push_back(status);
    if (task->drive_scheduled) return;
    task->drive_scheduled = true;
  }
  drives_.post([this, task] { drive(task); });
}

void Lifecycle::schedule_drive(const TaskPtr& task) {
  {
    const std::lock_guard lock(task->inbox_mutex);
    if (task->drive_scheduled) return;
    task->drive_scheduled = true;
  }
  drives_.post([this, task] { drive(task); });
}

void Lifecycle::drive(const TaskPtr& task) {
  const std::lock_guard lock(task->mutex);
  const log::TraceScope scope(task->record.trace);
  std::deque<task::ClientStatus> inbox;
  {
    const std::lock_guard inbox_lock(task->inbox_mutex);
    inbox.swap(task->inbox);
    task->drive_scheduled = false;
  }
  std::vector<task::ClientStatus> unsaved;
  bool news = false;
  for (const auto& status : inbox) {
    const auto before = task->clients.size() > static_cast<std::size_t>(std::max(status.client, 0))
                            ? task->clients[static_cast<std::size_t>(std::max(status.client, 0))]
                            : task::ClientStatus{};
    if (merge(*task, status)) unsaved.push_back(status);
    news = news || !(before == status);
    if (is_stray(*task, status)) calls_.post([this, status] { stop_stray(status); });
  }
  if (!task->exists) return;
  if (conclude(task, unsaved)) news = false;  // it was shown with the transition
  if (!unsaved.empty()) {
    const auto saved = store_.save_clients(task->record, unsaved);
    if (!saved.ok()) {
      log::error("client's change was not stored", {{"task", task->name}, {"why", saved.error().describe()}});
    }
  }
  if (news) show(task);
}

/// Applies what follows, one event after the other; true when the task's state changed. What was stored with a
/// transition is taken out of `unsaved`.
bool Lifecycle::conclude(const TaskPtr& task, std::vector<task::ClientStatus>& unsaved) {
  bool moved = false;
  while (true) {
    const auto derived = derive(task->record.state, views(*task), steady_seconds(), task->starting_since, options_.limits);
    // While start calls are under way a failure counts at once: the rest of them may hang.
    if (!derived.event.has_value() || (task->starting_calls && *derived.event != TaskEvent::kFail)) {
      if (derived.awaited.has_value()) followers_->doubt(task->nodes[static_cast<std::size_t>(*derived.awaited)]);
      set_timer(task, derived.look_again_at);
      break;
    }
    Store::Change change{.clients = unsaved};
    if (*derived.event == TaskEvent::kRejected) change.add_intents = stops_of_the_others(*task);
    const auto status = transition(task, *derived.event, change, [&](TaskRecord& record) {
      if (!derived.cause.has_value()) return;
      record.cause = derived.cause->text;
      record.cause_client = derived.cause->client;
    });
    if (!status.ok()) {
      log::error("task's change was not stored", {{"task", task->name}, {"why", status.error().describe()}});
      set_timer(task, steady_seconds() + std::chrono::duration<double>(kStoreRetry).count());
      break;
    }
    unsaved.clear();
    moved = true;
    if (!change.add_intents.empty()) {
      auto intents = store_.intents_of(task->name);
      if (intents.ok()) task->intents = std::move(*intents);  // else the next start has them
      intents_added();
    }
    if (*derived.event == TaskEvent::kFail) {
      calls_.post([this, task] { (void)stop_round(task); });  // what it could not do is kept as intents
    }
  }
  return moved;
}

void Lifecycle::set_timer(const TaskPtr& task, std::optional<double> at) {
  if (!at.has_value() || (task->look_again_at.has_value() && *task->look_again_at <= *at)) return;
  task->look_again_at = at;
  const auto delay = std::max(0.0, *at - steady_seconds());
  drives_.post_after(std::chrono::milliseconds(static_cast<std::int64_t>(delay * 1000) + 1), [this, task, at] {
    {
      const std::lock_guard lock(task->mutex);
      if (task->look_again_at == at) task->look_again_at.reset();
    }
    drive(task);
  });
}

void Lifecycle::on_status(const task::ClientStatus& status) {
  const auto task = table_.find(status.task_name);
  if (task) {
    deliver(task, status);
  } else if (process_may_run(status.state)) {
    calls_.post([this, status] { stop_stray(status); });
  }
}

void Lifecycle::on_snapshot(const http::Endpoint& node, const std::vector<task::ClientStatus>& clients) {
  for (const auto& status : clients) on_status(status);
  for (const auto& task : table_.pinned()) {
    const std::lock_guard lock(task->mutex);
    if (!task->exists || task->record.state != TaskState::kRunning) continue;
    for (std::size_t i = 0; i < task->nodes.size(); ++i) {
      if (task->nodes[i] != node || task::is_terminal(task->clients[i].state)) continue;
      const bool told = std::any_of(clients.begin(), clients.end(), [&](const task::ClientStatus& status) {
        return status.task_name == task->name && status.client == static_cast<int>(i) &&
               status.run_id == task->record.run_id;
      });
      // The snapshot may be older than the start; only a fresh answer is believed when it says that a client is gone.
      if (!told) calls_.post([this, task, client = static_cast<int>(i)] { verify(task, client); });
    }
  }
}

void Lifecycle::on_reachability(const http::Endpoint& node) {
  for (const auto& task : table_.pinned()) {
    const std::lock_guard lock(task->mutex);
    if (std::find(task->nodes.begin(), task->nodes.end(), node) == task->nodes.end()) continue;
    show(task);
    schedule_drive(task);
  }
}

/// Asks the node about one client that its snapshot did not have.
void Lifecycle::verify(const TaskPtr& task, int client) {
  NodeCall call;
  std::string run_id;
  log::Trace trace;
  {
    const std::lock_guard lock(task->mutex);
    if (!task->exists || task->record.state != TaskState::kRunning) return;
    run_id = task->record.run_id;
    trace = task->record.trace;
    call = client_call(*task, client, "/monitor");
    call.method = http::Method::kGet;
    call.query.emplace_back("query", "task_status");
  }
  const log::TraceScope scope(trace);
  const auto reply = link_.call(call);
  auto status = client_status_in(reply, task->name, client);
  if (status.has_value() && status->run_id == run_id) {
    deliver(task, *status);
    return;
  }
  const auto verdict = absence_in(reply, status.has_value());
  if (!verdict.has_value()) {
    if (!reply.answered()) return;  // not reached: the follower sees to it
    log::warning("node could not say whether it has a client", {{"task", task->name},
                                                                {"client", client},
                                                                {"node", call.node.text()},
                                                                {"why", reply.error.has_value() ? reply.error->message() : ""}});
    calls_.post_after(kVerifyAgain, [this, task, client] { verify(task, client); });
    return;
  }
  task::ClientStatus gone;
  gone.task_name = task->name;
  gone.client = client;
  gone.run_id = run_id;
  gone.state = ClientState::kFailed;
  gone.reason = *verdict;
  gone.ended_at = unix_seconds();
  deliver(task, gone);
}

void Lifecycle::stop_stray(const task::ClientStatus& status) {
  const auto task = table_.acquire(status.task_name);
  if (!task.ok()) return;
  NodeCall call;
  log::Trace trace;
  {
    const std::lock_guard lock((*task)->mutex);
    if (!is_stray(**task, status)) return;
    trace = (*task)->record.trace;
    call = stop_call(**task, status.client, options_.stop_timeout);
  }
  const log::TraceScope scope(trace);
  log::warning("client of an ended task was still running and is stopped",
               {{"task", status.task_name}, {"client", status.client}});
  (void)link_.call(call);  // when it fails, the next snapshot shows the client again
}

}  // namespace pai::master
