#include "master/starting.h"

#include <algorithm>

#include "common/log/log.h"
#include "master/alignment_check.h"
#include "master/derive.h"
#include "master/fan_out.h"

namespace pai::master {
namespace {

using task::TaskEvent;
using task::TaskState;

/// Often enough that a free place does not stay idle for long, seldom enough for hundreds of waiting tasks.
constexpr std::chrono::milliseconds kAskAgain{500};

nlohmann::json answer(const LiveTask& task) {
  return {{"msg", task::task_state_folded(task.record.state)},
          {"task_name", task.name},
          {"state", task::task_state_name(task.record.state)}};
}

/// Names whom the task waits for.
Error awaiting(const LiveTask& task) {
  std::string whom;
  std::vector<ErrorDetail> details;
  for (const auto& status : task.clients) {
    if (status.state != task::ClientState::kAwaitingApproval) continue;
    const auto& client = task.client(status.client);
    whom += (whom.empty() ? "" : ", ") + client_label(client);
    details.push_back({ErrorDetail::Kind::kNode, client.node(),
                       "client " + std::to_string(client.id) + " waits for the approval of the data owner"});
  }
  return Error(ErrorCode::kConflict, "task '" + task.name + "' waits for the approval of the owner of " + whom)
      .with_hint("the owner decides at its own node: paictl pending, then paictl approve " + task.name)
      .with_details(std::move(details));
}

/// What start means in a state in which nothing is to be started; nothing when something is.
std::optional<Result<nlohmann::json>> answer_without_start(const LiveTask& task) {
  switch (task.record.state) {
    case TaskState::kCreated: return std::nullopt;
    case TaskState::kStarting:
    case TaskState::kRunning: return answer(task);
    case TaskState::kCreating:
    case TaskState::kDeleting: return Error(ErrorCode::kNotFound, "task '" + task.name + "' does not exist");
    case TaskState::kAwaitingApproval: return awaiting(task);
    case TaskState::kStoppingToFailed:
    case TaskState::kStoppingToStopped:
      return Error(ErrorCode::kConflict, "task '" + task.name + "' is being stopped");
    case TaskState::kFinished:
    case TaskState::kRejected:
      return Error(ErrorCode::kConflict, "task '" + task.name + "' has ended: it is " +
                                             std::string(task::task_state_name(task.record.state)))
          .with_hint("create it anew under another name, or delete it first");
    case TaskState::kFailed:
    case TaskState::kStopped:
      return Error(ErrorCode::kConflict, "task '" + task.name + "' has ended: it is " +
                                             std::string(task::task_state_name(task.record.state)))
          .with_hint("POST /retryTask makes it Created again");
  }
  PAI_CHECK(false, "a task state outside the enumeration");
}

/// Asks or tells every client's node. When one refuses, or the task fails meanwhile, nobody waits for a node that hangs:
/// its reply is then a kTimeout. Replies that come later are not needed: what a client does is told by events.
std::vector<NodeReply> call_start(Lifecycle& lifecycle, const TaskPtr& task, const std::string& run_id, bool check) {
  std::vector<NodeCall> calls;
  for (const auto& client : task->record.spec->clients) {
    auto call = client_call(*task, client.id, "/startTask");
    call.query.emplace_back("run_id", run_id);
    if (check) call.query.emplace_back("check", "true");
    if (task->record.resume) call.query.emplace_back("resume", "true");
    calls.push_back(std::move(call));
  }
  const auto replies = std::make_shared<Replies>(calls.size());
  if (!check) {
    const std::lock_guard lock(task->mutex);
    if (task->record.state != TaskState::kStarting) replies->settle();
    task->start_replies = replies;
  }
  lifecycle.link().call_each(calls, [replies](std::size_t at, NodeReply reply) { replies->put(at, std::move(reply)); });
  return replies->wait(lifecycle.options().life_sign_timeout);
}

/// Those that said no before those that said nothing: they are the cause.
std::vector<FailedCall> start_failures(const LiveTask& task, const std::vector<NodeReply>& replies) {
  auto failures = failures_of(*task.record.spec, replies);
  std::stable_partition(failures.begin(), failures.end(), [](const FailedCall& failure) {
    return failure.reply->outcome != NodeReply::Outcome::kTimeout;
  });
  return failures;
}

Error shutting_down(std::string_view what) {
  return Error(ErrorCode::kUnavailable, "the master is shutting down; " + std::string(what));
}

/// The task failed while start calls were under way; one of them may have been carried out after the stop.
Status tell_late_starters(Lifecycle& lifecycle, LiveTask& task, const std::vector<NodeReply>& replies,
                          const std::vector<task::ClientStatus>& changed) {
  std::vector<Intent> late;
  for (std::size_t i = 0; i < replies.size(); ++i) {
    const bool may_run = replies[i].ok() || !replies[i].answered();
    if (!may_run || task::is_terminal(task.clients[i].state)) continue;
    const bool noted = std::any_of(task.intents.begin(), task.intents.end(), [&](const Intent& intent) {
      return intent.kind == Intent::Kind::kStop && intent.client == static_cast<int>(i);
    });
    if (noted) continue;
    late.push_back({.kind = Intent::Kind::kStop,
                    .task_name = task.name,
                    .client = static_cast<int>(i),
                    .node = task.nodes[i]});
  }
  if (!changed.empty()) PAI_TRY(lifecycle.store().save_clients(task.record, changed));
  if (late.empty()) return {};
  PAI_TRY(lifecycle.store().add_intents(late));
  PAI_ASSIGN(task.intents, lifecycle.store().intents_of(task.name));
  lifecycle.intents_added();
  return {};
}

/// Takes over what the nodes answered to a launch. kNodeFailed and the like when one could not: the task is then being
/// stopped.
Status take_launch_replies(Lifecycle& lifecycle, const TaskPtr& task, const std::vector<NodeReply>& replies) {
  const auto failures = start_failures(*task, replies);
  const std::lock_guard lock(task->mutex);
  task->start_replies.reset();
  // Nobody refused: the calls were cut off, and the next start of the master makes them again.
  if (lifecycle.stopping() && !failures.empty()) return shutting_down("the start is completed when it is back");
  Store::Change change;
  for (std::size_t i = 0; i < replies.size(); ++i) {
    auto status = client_status_in(replies[i], task->name, static_cast<int>(i));
    if (status.has_value() && lifecycle.merge(*task, *status)) change.clients.push_back(std::move(*status));
  }
  task->starting_calls = false;
  if (task->record.state != TaskState::kStarting) return tell_late_starters(lifecycle, *task, replies, change.clients);
  if (failures.empty()) {
    return change.clients.empty() ? Status() : lifecycle.store().save_clients(task->record, change.clients);
  }
  PAI_TRY(lifecycle.transition(task, TaskEvent::kFail, change, [&](TaskRecord& record) {
    record.cause = failure_sentence(failures.front());
    record.cause_client = failures.front().client->id;
  }));
  return fan_out_error(failures);
}

/// Asks the nodes that bound what they run for places, one after the other, and keeps those it has while it waits for the next.
/// Fills in where the task stands. False: it waits. kNodeFailed and the like when a node refuses for good.
Result<bool> ask_for_places(Lifecycle& lifecycle, const TaskPtr& task) {
  std::vector<BoundedNode> nodes;
  std::vector<NodeCall> calls;
  std::shared_ptr<const task::TaskSpec> spec;
  {
    const std::lock_guard lock(task->mutex);
    task->starting_since = steady_seconds();  // waiting has no deadline of its own
    spec = task->record.spec;
    nodes = task->places.nodes;
    for (const auto& bounded : nodes) {
      auto call = client_call(*task, bounded.clients.front(), "/queueTask");
      call.query.emplace_back("run_id", task->record.run_id);
      call.query.emplace_back("clients", std::to_string(bounded.clients.size()));
      calls.push_back(std::move(call));
    }
  }
  std::vector<std::optional<int>> positions(spec->clients.size());
  bool all = true;
  for (std::size_t i = 0; i < nodes.size() && all; ++i) {
    const auto reply = lifecycle.link().call(calls[i]);
    const bool may_pass = reply.http_status == 429 || reply.http_status >= 500;
    if (reply.outcome == NodeReply::Outcome::kRefused && !may_pass) {
      const FailedCall failure{&spec->clients[static_cast<std::size_t>(nodes[i].clients.front())], &reply};
      return fan_out_error({failure});
    }
    all = false;  // one that cannot be reached is asked again; when it is lost, the task fails as a running one would
    if (!reply.ok()) break;
    PAI_ASSIGN(const int position, position_in(reply));
    all = position == 0;
    for (const int client : nodes[i].clients) {
      if (position > 0) positions[static_cast<std::size_t>(client)] = position;
    }
  }
  const std::lock_guard lock(task->mutex);
  if (task->record.state != TaskState::kStarting) return false;
  const bool news = task->places.waiting == all || task->places.positions != positions;
  if (!all && !task->places.waiting) {
    log::info("task waits for its turn", {{"task", task->name}});
  } else if (all && task->places.waiting) {
    log::info("task has its turn", {{"task", task->name}});
  }
  task->places.waiting = !all;
  task->places.positions = std::move(positions);
  task->starting_since = steady_seconds();  // the deadline is for what comes then
  if (news) lifecycle.show(task);
  return all;
}

void ask_again_later(Lifecycle& lifecycle, const TaskPtr& task, const std::string& run_id);

std::string run_of(LiveTask& task) {
  const std::lock_guard lock(task.mutex);
  return task.record.run_id;
}

/// After a restart: which nodes bound what they run is asked anew. False while one does not answer.
bool find_places(Lifecycle& lifecycle, const TaskPtr& task) {
  std::vector<NodeCall> calls;
  for (const auto& node : task->nodes) calls.push_back({.node = node, .method = http::Method::kGet, .path = "/version"});
  const auto replies = lifecycle.link().call_all(calls);
  const bool known = std::all_of(replies.begin(), replies.end(), [](const NodeReply& reply) {
    return reply.ok() || (reply.outcome == NodeReply::Outcome::kRefused && reply.http_status < 500);
  });
  auto bounded = bounded_nodes(task->nodes, replies);
  const std::lock_guard lock(task->mutex);
  if (!known) task->starting_since = steady_seconds();  // a node that stays away is lost in its own time
  task->places = {.nodes = known ? std::move(bounded) : std::vector<BoundedNode>(), .waiting = !known, .unknown = !known, .positions = {}};
  return known;
}

/// Launches everywhere with the stored run id. When one could not, the task fails and the others are stopped before
/// this returns.
Status launch(Lifecycle& lifecycle, const TaskPtr& task) {
  auto launched = take_launch_replies(lifecycle, task, call_start(lifecycle, task, run_of(*task), false));
  if (lifecycle.stopping()) return launched;
  // Also after an error of the store: what the clients do, or the start's deadline, then leads the task on.
  lifecycle.drive(task);
  PAI_TRY(lifecycle.stop_round(task));  // nothing to do while the task goes on
  return launched;
}

/// A node will never let it in: the task fails, and the other nodes forget that it waits.
Status fail_in_queue(Lifecycle& lifecycle, const TaskPtr& task, const Error& why) {
  {
    const std::lock_guard lock(task->mutex);
    task->starting_calls = false;
    if (task->record.state != TaskState::kStarting) return {};
    PAI_TRY(lifecycle.transition(task, TaskEvent::kFail, {}, [&](TaskRecord& record) { record.cause = why.message(); }));
  }
  PAI_TRY(lifecycle.stop_round(task));
  return why;
}

/// Launches when the task has its turn at every node; until then it is asked again in the background. The caller holds the task's
/// operation.
Status launch_in_turn(Lifecycle& lifecycle, const TaskPtr& task) {
  bool known = true;
  {
    const std::lock_guard lock(task->mutex);
    known = !task->places.unknown;
  }
  if (!known && !find_places(lifecycle, task)) {
    ask_again_later(lifecycle, task, run_of(*task));
    return {};
  }
  const auto turn = ask_for_places(lifecycle, task);
  if (lifecycle.stopping()) return shutting_down("the start is completed when it is back");
  if (!turn.ok()) return fail_in_queue(lifecycle, task, turn.error());
  if (*turn) return launch(lifecycle, task);
  ask_again_later(lifecycle, task, run_of(*task));
  return {};
}

void ask_again_later(Lifecycle& lifecycle, const TaskPtr& task, const std::string& run_id) {
  lifecycle.asks().post_after(kAskAgain, [&lifecycle, task, run_id] {
    {
      const std::lock_guard lock(task->mutex);
      const bool waits = task->exists && task->record.state == TaskState::kStarting && task->record.run_id == run_id && task->places.waiting;
      if (!waits || lifecycle.stopping()) return;
    }
    const auto operation = lifecycle.try_begin(task);
    if (!operation.has_value()) return ask_again_later(lifecycle, task, run_id);  // perhaps a stop, which ends the waiting
    {
      const std::lock_guard lock(task->mutex);
      if (!task->exists || task->record.state != TaskState::kStarting || task->record.run_id != run_id) return;
    }
    if (const auto launched = launch_in_turn(lifecycle, task); !launched.ok()) {
      log::warning("task that waited for its turn could not be started", {{"task", task->name}, {"why", launched.error().describe()}});
    }
  });
}

}  // namespace

Result<nlohmann::json> start_task(Lifecycle& lifecycle, const std::string& name) {
  PAI_ASSIGN(const auto task, lifecycle.existing(name));
  PAI_ASSIGN(const auto operation, lifecycle.begin(task));
  {
    const std::lock_guard lock(task->mutex);
    if (!task->exists) return Error(ErrorCode::kNotFound, "task '" + name + "' does not exist");
    if (auto known = answer_without_start(*task); known.has_value()) return std::move(*known);
    PAI_TRY(lifecycle.policy().endpoints_of(*task->record.spec));  // the configuration may have changed since
  }
  const auto run_id = random_token();
  const auto checks = call_start(lifecycle, task, run_id, true);
  if (const auto failures = start_failures(*task, checks); !failures.empty()) {
    if (lifecycle.stopping()) return shutting_down("nothing was started");
    return fan_out_error(failures).in_context("nothing was started");
  }
  if (auto together = check_alignment(*task->record.spec, checks); !together.ok()) {
    return std::move(together).error().in_context("nothing was started");
  }
  auto bounded = bounded_nodes(task->nodes, checks);
  if (auto fits = check_fits(bounded); !fits.ok()) return std::move(fits).error().in_context("nothing was started");
  {
    const std::lock_guard lock(task->mutex);
    Store::Change change{.reset_datasets = true};
    for (const auto& client : task->clients) {
      task::ClientStatus fresh;
      fresh.task_name = task->name;
      fresh.client = client.client;
      fresh.run_id = run_id;
      fresh.created_at = client.created_at;
      change.clients.push_back(std::move(fresh));
    }
    PAI_TRY(lifecycle.transition(task, TaskEvent::kStart, change, [&](TaskRecord& record) {
      record.run_id = run_id;
      record.trace = log::current_trace();
      record.cause.clear();
      record.cause_client = -1;
      record.ended_at = 0;
    }));
    task->ended_seen_at.assign(task->clients.size(), std::nullopt);
    task->starting_since = steady_seconds();
    task->starting_calls = true;
    task->places = {.nodes = std::move(bounded), .waiting = false, .unknown = false, .positions = {}};
    lifecycle.follow(task);
  }
  PAI_TRY(launch_in_turn(lifecycle, task));
  const std::lock_guard lock(task->mutex);
  if (task->record.state == TaskState::kStoppingToFailed || task->record.state == TaskState::kFailed) {
    return Error(ErrorCode::kNodeFailed, "task '" + name + "' failed at once: " + task->record.cause);
  }
  return answer(*task);
}

void finish_start(Lifecycle& lifecycle, const TaskPtr& task, std::shared_ptr<Operation> operation) {
  const auto held = std::move(operation);  // until this returns
  {
    const std::lock_guard lock(task->mutex);
    task->places = {.nodes = {}, .waiting = false, .unknown = true, .positions = {}};
  }
  const auto status = launch_in_turn(lifecycle, task);
  if (!status.ok()) {
    log::warning("interrupted start could not be completed", {{"task", task->name}, {"why", status.error().describe()}});
  }
}

}  // namespace pai::master
