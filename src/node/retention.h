#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "node/record.h"

namespace pai::audit {
class Log;
}

namespace pai::node {

class Supervisor;

/// How long this node keeps what tasks left in `tasks/`, whatever their master does; by default for ever.
struct RetentionRules {
  double ended_days = 0;       ///< older ones go; 0: none for its age
  std::int64_t tasks_max = 0;  ///< of those that ended, only the latest so many stay; 0: any number
  bool models = false;         ///< also trainings that Finished, with this party's part of the model

  bool any() const { return ended_days > 0 || tasks_max > 0; }
  bool operator==(const RetentionRules&) const = default;
};

/// A client that ended.
struct EndedClient {
  ClientKey key;
  double ended_at = 0;  ///< Unix seconds
};

/// When the client ended, or was prepared if it has no such time.
inline double ended_at(const ClientRecord& record) { return record.status.ended_at > 0 ? record.status.ended_at : record.prepared_at; }

/// A task all of whose clients at this node ended.
struct EndedTask {
  std::string name;
  double ended_at = 0;  ///< of the last of them
  std::vector<EndedClient> clients = {};
};

/// What retention looks at.
struct EndedHere {
  std::vector<EndedTask> tasks;         ///< the latest first
  std::set<std::string> models_wanted;  ///< names of trainings that a task which did not end predicts with
};

/// Tasks that ended here, the latest first. `ended`: in any order; `unended`: tasks of which some client here did not end. Pure.
std::vector<EndedTask> ended_tasks(const std::vector<EndedClient>& ended, const std::set<std::string>& unended);

/// Which of them, the latest first, are to go at `now`: the oldest first. None that ended within the last hour: its other parties may still be
/// at it, and its master may look at it or try it again. Pure.
std::vector<EndedTask> tasks_due(const RetentionRules& rules, const std::vector<EndedTask>& ended, double now);

/// Removes, at the start and every hour, the folders and records of tasks that the rules give up, as their master's /deleteTask would: ledgers
/// and data sets stay, and so does a model that a task here still wants. Each client has its audit line.
class Retention {
 public:
  static constexpr std::chrono::minutes kInterval{60};

  /// `supervisor` and `audit` outlive it.
  Retention(Supervisor& supervisor, audit::Log& audit, RetentionRules rules);
  ~Retention();
  Retention(const Retention&) = delete;
  Retention& operator=(const Retention&) = delete;

 private:
  void run();
  void sweep();
  bool stopping();

  Supervisor& supervisor_;
  audit::Log& audit_;
  const RetentionRules rules_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace pai::node
