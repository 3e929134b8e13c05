#include "master/lifecycle.h"

#include <sys/random.h>

#include <array>
#include <ctime>

#include "common/base/text.h"
#include "common/task/validate.h"
#include "master/status_document.h"
#include "master/story.h"

namespace pai::master {

using task::ClientState;
using task::TaskEvent;
using task::TaskState;

double unix_seconds() {
  return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

std::string random_token() {
  std::array<std::uint8_t, 16> bytes{};
  PAI_CHECK(getrandom(bytes.data(), bytes.size(), 0) == static_cast<ssize_t>(bytes.size()),
            "the system's random generator does not answer");
  return to_hex(bytes);
}

Operation::~Operation() {
  if (!task_) return;
  const std::lock_guard lock(task_->mutex);
  task_->busy = false;
  task_->creating = nullptr;
  task_->changed.notify_all();
}

Lifecycle::Lifecycle(Store& store, NodeLink& link, const NodePolicy& policy, LifecycleOptions options)
    : store_(store), link_(link), policy_(policy), options_(options), table_(store, policy), drives_(4), calls_(16), asks_(4) {
  followers_ = std::make_unique<Followers>(
      link_, calls_, options_.follower,
      Followers::Callbacks{
          .on_status = [this](const http::Endpoint&, const task::ClientStatus& status) { on_status(status); },
          .on_snapshot = [this](const http::Endpoint& node,
                                const std::vector<task::ClientStatus>& clients) { on_snapshot(node, clients); },
          .on_reachability = [this](const http::Endpoint& node) { on_reachability(node); }});
}

Lifecycle::~Lifecycle() { stop(); }

void Lifecycle::begin_stop() {
  stopping_ = true;
  if (followers_) followers_->stop();
  for (const auto& task : table_.known()) {
    const std::lock_guard lock(task->mutex);
    task->changed.notify_all();
  }
}

void Lifecycle::stop() {
  begin_stop();
  asks_.stop();
  calls_.stop();
  drives_.stop();
  for (const auto& task : table_.pinned()) {
    const std::lock_guard lock(task->mutex);
    for (const auto& watcher : task->watchers) watcher.stream->finish();
    task->watchers.clear();
    table_.unpin(*task);
  }
}

int Lifecycle::queued() {
  int count = 0;
  for (const auto& task : table_.pinned()) {
    const std::lock_guard lock(task->mutex);
    count += task->places.waiting;
  }
  return count;
}

void Lifecycle::on_intents(std::function<void()> callback) {
  const std::lock_guard lock(intents_mutex_);
  intents_added_ = std::move(callback);
}

void Lifecycle::intents_added() {
  const std::lock_guard lock(intents_mutex_);
  if (intents_added_) intents_added_();
}

Result<TaskPtr> Lifecycle::existing(const std::string& name) {
  PAI_TRY(task::check_task_name(name));
  PAI_ASSIGN(auto task, table_.acquire(name));
  const std::lock_guard lock(task->mutex);
  if (!task->exists || task->record.state == TaskState::kCreating) {
    return Error(ErrorCode::kNotFound, "task '" + name + "' does not exist");
  }
  return task;
}

Result<Operation> Lifecycle::begin(const TaskPtr& task) {
  TaskLock lock(task->mutex);
  if (!task->changed.wait_for(lock, options_.operation_wait, [&] { return !task->busy || stopping_; })) {
    return Error(ErrorCode::kTimeout, "another operation on task '" + task->name + "' takes too long");
  }
  if (stopping_) return Error(ErrorCode::kUnavailable, "the master is shutting down");
  task->busy = true;
  return Operation(task);
}

std::optional<Operation> Lifecycle::try_begin(const TaskPtr& task) {
  const std::lock_guard lock(task->mutex);
  if (task->busy) return std::nullopt;
  task->busy = true;
  return Operation(task);
}

Status Lifecycle::transition(const TaskPtr& task, TaskEvent event, const Store::Change& change,
                             const std::function<void(TaskRecord&)>& edit) {
  PAI_ASSIGN(const auto step, task::apply(task->record.state, event));
  TaskRecord next = task->record;
  if (edit) edit(next);
  if (event == TaskEvent::kStart) next.started_at = unix_seconds();
  if (task::is_terminal(step.to())) next.ended_at = unix_seconds();
  PAI_TRY(store_.save(next, step, change));
  next.state = step.to();
  task->record = std::move(next);
  for (const auto& client : change.clients) task->clients[static_cast<std::size_t>(client.client)] = client;
  after_transition(task, event);
  return {};
}

void Lifecycle::after_transition(const TaskPtr& task, TaskEvent event) {
  tell_transition(*task, event);
  if (moved_) moved_(*task, event);
  const auto state = task->record.state;
  if (state != TaskState::kStarting && task->start_replies) task->start_replies->settle();
  if (state != TaskState::kStarting) task->places = {};
  if (state == TaskState::kAwaitingApproval) {
    // The owners decide at their nodes, whose events tell of it.
    table_.pin(task);
    follow(task);
    schedule_drive(task);
  } else if (task::is_active(state) || state == TaskState::kCreating) {
    table_.pin(task);
  } else {
    unfollow(task);
    table_.unpin(*task);
  }
  show(task);
  task->changed.notify_all();
}

Status Lifecycle::forget(const TaskPtr& task, const std::vector<Intent>& keep) {
  PAI_TRY(store_.remove(task->record, keep));
  unfollow(task);
  table_.unpin(*task);
  const auto watchers = std::move(task->watchers);
  task->exists = false;
  task->record = TaskRecord{};
  task->clients.clear();
  task->nodes.clear();
  task->intents.clear();
  task->ended_seen_at.clear();
  task->watchers.clear();
  for (const auto& watcher : watchers) {
    watcher.stream->push("status", not_exist_document(task->name).dump());
    watcher.stream->finish();
  }
  task->changed.notify_all();
  if (!keep.empty()) intents_added();
  return {};
}

void Lifecycle::follow(const TaskPtr& task) {
  if (task->followed) return;
  task->followed = true;
  for (const auto& node : task->nodes) followers_->want(node);
}

void Lifecycle::unfollow(const TaskPtr& task) {
  if (!task->followed) return;
  task->followed = false;
  for (const auto& node : task->nodes) followers_->release(node);
}

std::vector<ClientView> Lifecycle::views(const LiveTask& task) const {
  std::vector<ClientView> all;
  all.reserve(task.clients.size());
  for (std::size_t i = 0; i < task.clients.size(); ++i) {
    const auto& spec = task.record.spec->clients[i];
    all.push_back({.id = spec.id,
                   .role = spec.role,
                   .node = spec.node(),
                   .status = task.clients[i],
                   .unreachable_since = task.followed ? unreachable_since(task.nodes[i]) : std::nullopt,
                   .ended_seen_at = task.ended_seen_at[i]});
  }
  return all;
}

bool Lifecycle::merge(LiveTask& task, const task::ClientStatus& status) {
  const auto index = static_cast<std::size_t>(status.client);
  if (!task.exists || status.task_name != task.name || status.client < 0 || index >= task.clients.size()) return false;
  auto& known = task.clients[index];
  if (!supersedes(known, status, task.record.run_id)) return false;
  const bool moved = known.state != status.state;
  known = status;
  if (moved && (status.state == ClientState::kFailed || status.state == ClientState::kStopped)) {
    task.ended_seen_at[index] = steady_seconds();
  }
  if (moved) tell_client(task, status);
  return moved;
}

bool supersedes(const task::ClientStatus& now, const task::ClientStatus& next, const std::string& run_id) {
  if (next.run_id != run_id) return false;
  if (now.run_id != run_id) return true;
  if (task::is_terminal(now.state)) return false;
  const auto rank = [](ClientState state) {
    switch (state) {
      case ClientState::kPrepared: return 0;
      case ClientState::kAwaitingApproval: return 1;
      case ClientState::kCreated: return 2;
      case ClientState::kStarting: return 3;
      case ClientState::kRunning: return 4;
      case ClientState::kStopping: return 5;
      case ClientState::kFinished:
      case ClientState::kFailed:
      case ClientState::kStopped:
      case ClientState::kRejected: return 6;
    }
    PAI_CHECK(false, "a client state outside the enumeration");
  };
  return rank(next.state) >= rank(now.state) && !(next == now);
}

NodeCall client_call(const LiveTask& task, int client, std::string path) {
  return {.node = task.nodes.at(static_cast<std::size_t>(client)),
          .path = std::move(path),
          .query = {{"task_name", task.name}, {"client", std::to_string(client)}}};
}

NodeCall stop_call(const LiveTask& task, int client, std::chrono::milliseconds timeout) {
  auto call = client_call(task, client, "/stopTask");
  call.timeout = timeout;
  if (!task.record.run_id.empty()) call.query.emplace_back("run_id", task.record.run_id);  // a later run is not meant
  if (!task.record.cause.empty()) call.query.emplace_back("reason", printable(task.record.cause, 500));
  return call;
}

bool confirms_stopped(const NodeReply& reply) {
  return reply.ok() || (reply.outcome == NodeReply::Outcome::kRefused && reply.http_status == 404);
}

}  // namespace pai::master
