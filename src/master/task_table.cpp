#include "master/task_table.h"

namespace pai::master {

Result<TaskPtr> TaskTable::acquire(const std::string& name) {
  const std::lock_guard lock(mutex_);
  const auto known = known_.find(name);
  if (known != known_.end()) {
    if (auto task = known->second.lock()) return task;
  }
  auto task = std::make_shared<LiveTask>(name);
  PAI_ASSIGN(auto stored, store_.find(name));
  if (stored.has_value()) {
    task->exists = true;
    task->record = std::move(stored->record);
    task->clients = std::move(stored->clients);
    task->intents = std::move(stored->intents);
    task->ended_seen_at.resize(task->clients.size());
    auto nodes = policy_.endpoints_of(*task->record.spec);
    if (nodes.ok()) {
      task->nodes = std::move(*nodes);
    } else {
      // The configuration lost a node that an older task names: it is called as the task says, and TLS decides.
      for (const auto& client : task->record.spec->clients) {
        task->nodes.push_back({.host = client.addr, .port = client.http_port, .identity = client.identity});
      }
    }
  }
  if (known_.size() >= sweep_at_) sweep();
  known_[name] = task;
  return task;
}

TaskPtr TaskTable::find(const std::string& name) {
  const std::lock_guard lock(mutex_);
  const auto known = known_.find(name);
  return known == known_.end() ? nullptr : known->second.lock();
}

void TaskTable::pin(const TaskPtr& task) {
  const std::lock_guard lock(mutex_);
  pinned_[task->name] = task;
}

void TaskTable::unpin(const LiveTask& task) {
  TaskPtr last;  // let go outside the lock
  const std::lock_guard lock(mutex_);
  const auto found = pinned_.find(task.name);
  if (found == pinned_.end()) return;
  last = std::move(found->second);
  pinned_.erase(found);
}

std::vector<TaskPtr> TaskTable::pinned() {
  const std::lock_guard lock(mutex_);
  std::vector<TaskPtr> tasks;
  tasks.reserve(pinned_.size());
  for (const auto& [name, task] : pinned_) tasks.push_back(task);
  return tasks;
}

std::vector<TaskPtr> TaskTable::known() {
  const std::lock_guard lock(mutex_);
  std::vector<TaskPtr> tasks;
  for (const auto& [name, weak] : known_) {
    if (auto task = weak.lock()) tasks.push_back(std::move(task));
  }
  return tasks;
}

void TaskTable::sweep() {
  for (auto known = known_.begin(); known != known_.end();) {
    known = known->second.expired() ? known_.erase(known) : std::next(known);
  }
  sweep_at_ = std::max<std::size_t>(64, known_.size() * 2);
}

}  // namespace pai::master
