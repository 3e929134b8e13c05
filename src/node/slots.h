#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "common/base/result.h"
#include "node/record.h"

namespace pai::node {

/// A run of a task, and how many clients of it run at this node: these are let in together or not at all.
struct QueuedRun {
  std::int64_t ticket = 0;  ///< ascending in the order of asking
  std::string owner;        ///< the master, as api::caller_of says
  std::string task_name;
  std::string run_id;
  int clients = 1;
};

/// Where a run stands that asked for places.
struct Place {
  int position = 0;     ///< 0: it may be started now; 1: the next
  bool is_new = false;  ///< it asked for the first time
};

/// Lets at most `running_max` clients run at once, in the order of asking. Strictly: no run passes one that waits, so that one
/// with many clients is not starved. A run that was let in keeps its places until it launched its clients, is let go, or is not asked
/// about for `lease_s`: a master that is gone holds nobody up. Thread-safe; no clock, no disk.
class Slots {
 public:
  /// `running_max` 0: no bound, and nothing queues.
  Slots(int running_max, double lease_s) : running_max_(running_max), lease_s_(lease_s) {}

  int running_max() const { return running_max_; }

  /// Asks at `now` (steady seconds), for the first time or again: 0 when it may launch, else its place, 1 for the next one.
  /// `store` gives a new run its ticket and keeps it; it is called with this object's lock held, so that tickets and places
  /// agree; `wanted` needs none. kConflict when it wants more than ever run here. Its error when it fails.
  Result<int> ask(const QueuedRun& wanted, double now, const std::function<Result<std::int64_t>()>& store);

  /// A client launches: in its run's place, or in a free one when nobody waits. kBusy otherwise.
  Status take(const std::string& owner, const ClientKey& client, const std::string& run_id);
  /// It runs already (a restart).
  void adopt(const ClientKey& client, const std::string& run_id);
  /// It ended, or was not launched after all.
  void release(const ClientKey& client);
  /// The run is stopped, deleted or launched whole; an empty run id: every run of the task. Gives the tickets that end with it.
  std::vector<std::int64_t> let_go(const std::string& owner, const std::string& task_name, const std::string& run_id);
  /// Runs that launched all their clients, and those nobody asked about any more: gives their tickets, once.
  std::vector<std::int64_t> take_ended(double now);

  /// What a restart finds, in the order of tickets; leases begin anew.
  void restore(const std::vector<QueuedRun>& queued, double now);

  int running() const;
  int waiting() const;  ///< runs without a place

 private:
  struct Entry {
    QueuedRun run;
    int left = 0;  ///< clients to launch
    double asked_at = 0;
    bool let_in = false;
  };
  bool runs_locked(const std::string& task_name, const std::string& run_id) const;
  int taken_locked() const;
  void let_in_locked();
  void expire_locked(double now);

  const int running_max_;
  const double lease_s_;
  mutable std::mutex mutex_;
  std::map<ClientKey, std::string> running_;  ///< run id by client
  std::vector<Entry> queue_;                  ///< by ticket; those let in come first
  std::vector<std::int64_t> ended_;
};

}  // namespace pai::node
