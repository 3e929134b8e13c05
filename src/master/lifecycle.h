#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "common/base/result.h"
#include "master/derive.h"
#include "master/executor.h"
#include "master/followers.h"
#include "master/live_task.h"
#include "master/node_link.h"
#include "master/node_policy.h"
#include "master/store.h"
#include "master/task_table.h"

namespace pai::master {

struct LifecycleOptions {
  DeriveLimits limits = {};
  FollowerTimes follower = {};
  std::chrono::milliseconds stop_timeout{20'000};     ///< of a stop or delete call: the node's whole ladder fits in
  std::chrono::milliseconds life_sign_timeout{700};   ///< a node that says nothing so long is not called, see call_live
  std::chrono::milliseconds operation_wait{30'000};   ///< for another operation on the same task
  std::chrono::milliseconds commit_window{3'000};     ///< a commit that meets a dead node is tried again so long
  std::chrono::milliseconds recovery_window{60'000};  ///< likewise after a restart
  std::chrono::milliseconds intent_backoff_min{500};
  std::chrono::milliseconds intent_backoff_max{15'000};
};

/// What nodes were told and did not confirm, with what they said instead.
using Unconfirmed = std::vector<std::pair<Intent, NodeReply>>;

/// Holds a task's `busy` mark; gives it back when destroyed.
class Operation {
 public:
  explicit Operation(TaskPtr task) : task_(std::move(task)) {}
  Operation(Operation&& other) noexcept = default;
  Operation& operator=(Operation&&) = delete;
  ~Operation();

 private:
  TaskPtr task_;
};

/// What all operations on tasks share: the one way to change a task's state, the merging of what nodes say, and the
/// rounds of stop calls. Operations (create_task.h …) are written on top of it.
class Lifecycle {
 public:
  /// `store`, `link` and `policy` outlive it.
  Lifecycle(Store& store, NodeLink& link, const NodePolicy& policy, LifecycleOptions options);
  ~Lifecycle();
  Lifecycle(const Lifecycle&) = delete;
  Lifecycle& operator=(const Lifecycle&) = delete;

  Store& store() { return store_; }
  NodeLink& link() { return link_; }
  const NodePolicy& policy() const { return policy_; }
  TaskTable& table() { return table_; }
  Executor& calls() { return calls_; }
  /// For tasks that wait for their turn: a node that hangs then keeps no stop nor start from its thread.
  Executor& asks() { return asks_; }
  const LifecycleOptions& options() const { return options_; }

  /// The task, or kNotFound with msg NotExist's sentence.
  Result<TaskPtr> existing(const std::string& name);

  /// Waits until no other operation runs on the task; kTimeout after `operation_wait`.
  Result<Operation> begin(const TaskPtr& task);
  /// Takes the task if nothing runs on it.
  std::optional<Operation> try_begin(const TaskPtr& task);

  /// The only way to another state: applies the event, stores the result with `change`, then shows it. `edit` sets what
  /// else changes of the record. The task's mutex is held. On an error nothing changed.
  Status transition(const TaskPtr& task, task::TaskEvent event, const Store::Change& change = {},
                    const std::function<void(TaskRecord&)>& edit = {});

  /// Forgets a task whose nodes have nothing of it any more. Its mutex is held.
  Status forget(const TaskPtr& task, const std::vector<Intent>& keep = {});

  /// Takes over what a node said, if it is news of the present run; true when the client's state changed (then it
  /// must be stored). Mutex held.
  bool merge(LiveTask& task, const task::ClientStatus& status);

  /// Puts a status into the task's inbox and sees to it that it is looked at. Blocks for nobody.
  void deliver(const TaskPtr& task, const task::ClientStatus& status);
  /// Looks at the inbox and draws the conclusions. Takes the mutex.
  void drive(const TaskPtr& task);
  void schedule_drive(const TaskPtr& task);

  /// In a Stopping state: stops every client that may run, keeps intents for those that could not be told, and ends
  /// the task. Blocks. When a round is under way already, waits for its end. Gives what this round left unconfirmed.
  Result<Unconfirmed> stop_round(const TaskPtr& task, bool force = false);

  /// Begins to follow the task's nodes. Mutex held.
  void follow(const TaskPtr& task);
  void unfollow(const TaskPtr& task);

  std::optional<double> unreachable_since(const http::Endpoint& node) const {
    return followers_ ? followers_->unreachable_since(node) : std::nullopt;
  }
  std::map<std::string, bool> reachable_nodes() const {
    return followers_ ? followers_->reachable() : std::map<std::string, bool>{};
  }
  /// Tasks that wait for their turn.
  int queued();
  std::vector<ClientView> views(const LiveTask& task) const;
  /// Sends the present status, and new rows of the test record, to whoever watches; at the task's end the watching ends, once
  /// every row was sent. Mutex held.
  void show(const TaskPtr& task);
  /// Sends the watchers the rows that they don't have, as far as these are known, and fetches the others; true when it does.
  /// Mutex held.
  bool send_record(const TaskPtr& task);

  /// Called after each transition with the task's mutex held; must not wait. Before any task moves.
  void on_transition(std::function<void(const LiveTask&, task::TaskEvent)> callback) { moved_ = std::move(callback); }

  /// Called after intents were added, from any thread.
  void on_intents(std::function<void()> callback);
  void intents_added();

  /// Whoever waits for a task, or between two attempts, gives up; what is under way is left to the next start. With the
  /// network's calls cancelled besides, operations end at once.
  void begin_stop();
  /// No new work begins; waits for what runs.
  void stop();
  bool stopping() const { return stopping_; }

 private:
  void on_status(const task::ClientStatus& status);
  void on_snapshot(const http::Endpoint& node, const std::vector<task::ClientStatus>& clients);
  void on_reachability(const http::Endpoint& node);
  void verify(const TaskPtr& task, int client);
  void fetch_record(const TaskPtr& task, const std::string& run_id, const NodeCall& call);
  void stop_stray(const task::ClientStatus& status);
  Result<Unconfirmed> stop_clients(const TaskPtr& task, bool force);
  void after_transition(const TaskPtr& task, task::TaskEvent event);
  bool conclude(const TaskPtr& task, std::vector<task::ClientStatus>& unsaved);
  void set_timer(const TaskPtr& task, std::optional<double> at);

  Store& store_;
  NodeLink& link_;
  const NodePolicy& policy_;
  const LifecycleOptions options_;
  TaskTable table_;
  std::atomic<bool> stopping_ = false;
  std::mutex intents_mutex_;
  std::function<void()> intents_added_;
  std::function<void(const LiveTask&, task::TaskEvent)> moved_;
  Executor drives_;  ///< short: merging and storing
  Executor calls_;   ///< long: calls to nodes
  Executor asks_;    ///< long: calls of tasks that wait
  std::unique_ptr<Followers> followers_;
};

/// Unix seconds.
double unix_seconds();
/// 128 random bits in lower-case hex.
std::string random_token();

/// Pure: whether `next` is newer than `now`, for run `run_id`. States only go forward within a run.
bool supersedes(const task::ClientStatus& now, const task::ClientStatus& next, const std::string& run_id);

/// The call that stops, or deletes, a client.
NodeCall stop_call(const LiveTask& task, int client, std::chrono::milliseconds timeout);
/// Path, task_name and client; callers add the rest.
NodeCall client_call(const LiveTask& task, int client, std::string path);
/// True when the reply says that the node has no running process of this client: it stopped it, or does not know it.
bool confirms_stopped(const NodeReply& reply);

}  // namespace pai::master
