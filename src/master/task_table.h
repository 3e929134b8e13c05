#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include "common/base/result.h"
#include "master/live_task.h"
#include "master/node_policy.h"
#include "master/store.h"

namespace pai::master {

/// The tasks in memory, one object a name. Pinned ones stay; others go when nobody holds them.
class TaskTable {
 public:
  TaskTable(Store& store, const NodePolicy& policy) : store_(store), policy_(policy) {}

  /// The task of this name, loaded from the store if need be; `exists` is false when there is none.
  Result<TaskPtr> acquire(const std::string& name);
  /// The task if it is in memory.
  TaskPtr find(const std::string& name);

  void pin(const TaskPtr& task);
  void unpin(const LiveTask& task);
  std::vector<TaskPtr> pinned();
  /// All that are in memory now.
  std::vector<TaskPtr> known();

 private:
  void sweep();

  Store& store_;
  const NodePolicy& policy_;
  std::mutex mutex_;  ///< taken after a task's, never before
  std::unordered_map<std::string, std::weak_ptr<LiveTask>> known_;
  std::unordered_map<std::string, TaskPtr> pinned_;
  std::size_t sweep_at_ = 64;
};

}  // namespace pai::master
