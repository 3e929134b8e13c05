#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "common/audit/log.h"
#include "master/lifecycle.h"

namespace pai::master {

/// How long tasks that ended are kept; by default all, for ever.
struct RetentionRules {
  double ended_days = 0;        ///< older ones go; 0: none for its age
  std::int64_t tasks_max = 0;   ///< of those that ended, only the latest so many stay; 0: any number
  bool models = false;          ///< also trainings that Finished, with whose folders the parties' models go

  bool any() const { return ended_days > 0 || tasks_max > 0; }
  bool operator==(const RetentionRules&) const = default;
};

/// Which of the tasks that ended (the latest first) are to go at `now`, Unix seconds. Pure.
std::vector<TaskSummary> tasks_due(const RetentionRules& rules, const std::vector<TaskSummary>& ended, double now);

/// Whether the task left a model that the rules keep, or that a task which did not end predicts with. Pure.
bool is_kept(const RetentionRules& rules, const task::TaskSpec& spec, task::TaskState state, const std::set<std::string>& models_in_use);

/// Deletes, every hour, the tasks that the rules give up: here and at their nodes, as /deleteTask does. Never data sets, and never what runs
/// or can still be started. Each has its audit line.
class Retention {
 public:
  static constexpr std::chrono::minutes kInterval{60};

  /// `lifecycle` and `audit` outlive it.
  Retention(Lifecycle& lifecycle, audit::Log& audit, RetentionRules rules);
  ~Retention();
  Retention(const Retention&) = delete;
  Retention& operator=(const Retention&) = delete;

  /// One look, also done by the thread. Gives the names of the tasks that were deleted.
  std::vector<std::string> sweep();

 private:
  void run();
  bool stopping();

  Lifecycle& lifecycle_;
  audit::Log& audit_;
  const RetentionRules rules_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace pai::master
