#include "master/creation.h"

#include "common/json/strict_json.h"
#include "common/log/log.h"
#include "common/task/validate.h"
#include "master/alignment_check.h"
#include "master/creation_steps.h"
#include "master/fan_out.h"
#include "master/node_words.h"
#include "master/port_assignment.h"

namespace pai::master {
namespace {

using task::TaskEvent;
using task::TaskState;

struct Plan {
  task::TaskSpec spec;
  std::vector<http::Endpoint> nodes;
  nlohmann::json document;
};

Result<Plan> plan_of(Lifecycle& lifecycle, const std::string& body) {
  PAI_ASSIGN(const auto json, json::parse(body));
  PAI_ASSIGN(auto spec, task::validate(json));
  PAI_ASSIGN(auto nodes, lifecycle.policy().endpoints_of(spec));
  auto document = spec.document();
  return Plan{std::move(spec), std::move(nodes), std::move(document)};
}

std::string file_stem(const std::string& path) {
  const auto slash = path.rfind('/');
  const auto name = slash == std::string::npos ? path : path.substr(slash + 1);
  const auto dot = name.rfind('.');
  return dot == std::string::npos || dot == 0 ? name : name.substr(0, dot);
}

/// The names that the task → data-file mapping has from the beginning (architecture, section 7).
std::vector<DatasetRecord> datasets_planned(const task::TaskSpec& spec) {
  std::vector<DatasetRecord> planned;
  for (const auto& client : spec.clients) {
    const auto out = client.settings.find("out_data_path");
    const auto raw = client.settings.find("raw_data_path");
    if (out == client.settings.end() || !out->is_string()) continue;
    std::vector<std::string> files;
    if (raw != client.settings.end() && raw->is_string()) {
      files = {file_stem(raw->get<std::string>()) + "_aligned.csv", "train.csv", "test.csv"};
    }
    planned.push_back({.task_name = spec.name,
                       .client = client.id,
                       .node = client.node(),
                       .out_data_path = out->get<std::string>(),
                       .files = std::move(files)});
  }
  return planned;
}

nlohmann::json created_document(const LiveTask& task) {
  nlohmann::json clients = nlohmann::json::array();
  for (const auto& client : task.record.spec->clients) {
    clients.push_back({{"id", client.id}, {"role", task::role_name(client.role)}, {"node", client.node()}});
  }
  return {{"msg", task::task_state_folded(task.record.state)},
          {"task_name", task.name},
          {"state", task::task_state_name(task.record.state)},
          {"clients", std::move(clients)}};
}

/// What a body gets that names a task which exists.
Result<nlohmann::json> answer_existing(const LiveTask& task, const task::TaskSpec& asked) {
  if (task.record.state == TaskState::kDeleting) {
    return Error(ErrorCode::kConflict, "task '" + task.name + "' is being deleted")
        .with_hint("queryStatus shows which nodes have not confirmed it yet; deleteTask with force=true forgets them");
  }
  if (task.record.spec->document() == with_ports_of(asked, *task.record.spec).document()) return created_document(task);
  return Error(ErrorCode::kConflict, "task '" + task.name + "' exists with another body")
      .with_hint("choose another task_name, or delete that task first");
}

/// Takes the name for a creation. Gives an answer instead when the task exists (same body: ok; another: 409), also when
/// that turned out only after another creation with the same body was waited for.
Result<std::variant<Operation, nlohmann::json>> claim(Lifecycle& lifecycle, const TaskPtr& task,
                                                      const Plan& plan) {
  const auto& document = plan.document;
  const auto deadline = std::chrono::steady_clock::now() + lifecycle.options().operation_wait;
  TaskLock lock(task->mutex);
  while (true) {
    if (task->exists && task->record.state != TaskState::kCreating) {
      PAI_ASSIGN(auto answer, answer_existing(*task, plan.spec));
      return std::variant<Operation, nlohmann::json>(std::move(answer));
    }
    if (lifecycle.stopping()) return Error(ErrorCode::kUnavailable, "the master is shutting down");
    if (!task->busy) break;
    if (!task->creating.is_null() && task->creating != document) {
      return Error(ErrorCode::kConflict, "task '" + task->name + "' is being created with another body");
    }
    if (task->changed.wait_until(lock, deadline) == std::cv_status::timeout) {
      return Error(ErrorCode::kTimeout, "another operation on task '" + task->name + "' takes too long");
    }
  }
  task->busy = true;
  task->creating = document;
  return std::variant<Operation, nlohmann::json>(Operation(task));
}

/// Commits in the caller's thread. False: it could not be.
bool commit_all(const Lifecycle& lifecycle, const TaskPtr& task, Commits& commits) {
  while (true) {
    const auto outcome = commits.round();
    if (outcome != Commits::Outcome::kAgain) return outcome == Commits::Outcome::kDone;
    // A node that is away gives no event to wait for; the end of this daemon does.
    TaskLock lock(task->mutex);
    task->changed.wait_for(lock, commits.pause(), [&] { return lifecycle.stopping(); });
  }
}

/// Everybody has committed: Created, unless a data owner is to approve it first. The mutex is held.
Status take_committed(Lifecycle& lifecycle, const TaskPtr& task, const Commits& commits, store::Durable durable) {
  Store::Change change{.durable = durable};
  for (const auto& client : task->record.spec->clients) {
    auto status = client_status_in(commits.replies()[static_cast<std::size_t>(client.id)], task->name, client.id);
    if (status.has_value() && status->state == task::ClientState::kAwaitingApproval) change.clients.push_back(std::move(*status));
  }
  if (change.clients.empty()) return lifecycle.transition(task, TaskEvent::kCommitted, change);
  return lifecycle.transition(task, TaskEvent::kApprovalNeeded, change);
}

/// Stores how a decided creation ended.
void end_creation(Lifecycle& lifecycle, const TaskPtr& task, const Commits& commits, bool done) {
  if (!done && !commits.refused() && lifecycle.stopping()) return;  // the next start goes on
  const std::lock_guard lock(task->mutex);
  Status status;
  if (done) {
    status = take_committed(lifecycle, task, commits, store::Durable::kOnReturn);
  } else {
    const auto failures = failures_of(*task->record.spec, commits.replies());
    status = lifecycle.transition(task, TaskEvent::kFail, {}, [&](TaskRecord& record) {
      record.cause = "its creation was interrupted and could not be completed: " + failure_sentence(failures.front());
      record.cause_client = failures.front().client->id;
    });
    if (status.ok()) status = lifecycle.transition(task, TaskEvent::kAllEnded);  // nothing was started
  }
  if (!status.ok()) {
    log::error("interrupted creation could not be ended", {{"task", task->name}, {"why", status.error().describe()}});
  }
}

/// What an interrupted creation needs until it is ended: the task's operation, and where it stands.
struct Unfinished {
  TaskPtr task;
  std::shared_ptr<Operation> operation;
  Commits commits;
};

/// One round; the next, if any, is a matter of a timer, so that no thread is kept by a node that is away.
void finish_round(Lifecycle& lifecycle, const std::shared_ptr<Unfinished>& creation) {
  const auto outcome = creation->commits.round();
  if (outcome == Commits::Outcome::kAgain) {
    lifecycle.calls().post_after(creation->commits.pause(), [&lifecycle, creation] { finish_round(lifecycle, creation); });
    return;
  }
  end_creation(lifecycle, creation->task, creation->commits, outcome == Commits::Outcome::kDone);
}

/// Undoes a creation at every node that may have something of it, then forgets the task.
Status roll_back(Lifecycle& lifecycle, const TaskPtr& task, const std::vector<int>& clients, bool commit_sent) {
  if (commit_sent) {
    const std::lock_guard lock(task->mutex);
    PAI_TRY(lifecycle.store().set_decided(task->record, false));
    task->record.decided = false;
  }
  const auto replies = Steps(lifecycle, task).some("forget", clients);
  const std::lock_guard lock(task->mutex);
  std::vector<Intent> keep;
  for (std::size_t i = 0; i < clients.size(); ++i) {
    if (replies[i].ok()) continue;
    if (!commit_sent) continue;  // preparations expire by themselves
    keep.push_back({.kind = Intent::Kind::kForget,
                    .task_name = task->name,
                    .client = clients[i],
                    .node = task->nodes[static_cast<std::size_t>(clients[i])],
                    .attempt = task->record.attempt});
  }
  return lifecycle.forget(task, keep);
}

Error rolled_back(Lifecycle& lifecycle, const TaskPtr& task, Error error, const std::vector<int>& clients,
                  bool commit_sent) {
  log::warning("task was not created", {{"task", task->name}, {"why", error.message()}});
  const auto undone = roll_back(lifecycle, task, clients, commit_sent);
  if (!undone.ok()) {
    log::error("failed creation could not be taken back now, it will be at the next start",
               {{"task", task->name}, {"why", undone.error().describe()}});
  }
  return error;
}

/// Clients whose node may hold a preparation: all but those that said no.
std::vector<int> touched(const std::vector<NodeReply>& replies) {
  std::vector<int> clients;
  for (std::size_t i = 0; i < replies.size(); ++i) {
    const bool said_no = replies[i].outcome == NodeReply::Outcome::kRefused && replies[i].http_status < 500;
    if (!said_no) clients.push_back(static_cast<int>(i));
  }
  return clients;
}

Error not_completed(const std::string& name) {
  return Error(ErrorCode::kUnavailable, "the creation of task '" + name + "' is decided and could not be completed yet")
      .with_hint("send the same body again; it is also completed when the master starts anew");
}

/// A creation whose end could not be stored (a full disk) is brought to it first. The operation is held.
Status end_former_creation(Lifecycle& lifecycle, const TaskPtr& task) {
  bool decided = false;
  {
    const std::lock_guard lock(task->mutex);
    if (!task->exists || task->record.state != TaskState::kCreating) return {};
    decided = task->record.decided;
  }
  if (!decided) return abandon_creation(lifecycle, task);
  Commits commits(lifecycle, Steps(lifecycle, task), lifecycle.options().commit_window);
  const bool done = commit_all(lifecycle, task, commits);
  if (!done && !commits.refused()) return not_completed(task->name);
  end_creation(lifecycle, task, commits, done);
  return {};
}

}  // namespace

Result<nlohmann::json> create_task(Lifecycle& lifecycle, const std::string& body, const std::string& created_by) {
  PAI_ASSIGN(auto plan, plan_of(lifecycle, body));
  PAI_ASSIGN(const auto task, lifecycle.table().acquire(plan.spec.name));
  PAI_ASSIGN(auto claimed, claim(lifecycle, task, plan));
  if (auto* answer = std::get_if<nlohmann::json>(&claimed)) return std::move(*answer);
  const auto operation = std::move(std::get<Operation>(claimed));
  PAI_TRY(end_former_creation(lifecycle, task));
  {
    const std::lock_guard lock(task->mutex);
    if (task->exists && task->record.state == TaskState::kCreating) return not_completed(task->name);
    if (task->exists) return answer_existing(*task, plan.spec);
  }
  const auto attempt = random_token();
  PAI_ASSIGN(plan.spec, with_ports(lifecycle.link(), std::move(plan.spec), plan.nodes, attempt, /*only_look=*/false));

  {
    const std::lock_guard lock(task->mutex);
    TaskRecord record;
    record.spec = std::make_shared<const task::TaskSpec>(std::move(plan.spec));
    record.attempt = attempt;
    record.created_by = created_by;
    record.trace = log::current_trace();
    record.created_at = unix_seconds();
    std::vector<task::ClientStatus> clients;
    for (const auto& client : record.spec->clients) {
      task::ClientStatus status;
      status.task_name = task->name;
      status.client = client.id;
      status.created_at = record.created_at;
      clients.push_back(std::move(status));
    }
    PAI_TRY(lifecycle.store().insert(record, clients, datasets_planned(*record.spec)));
    task->exists = true;
    task->record = std::move(record);
    task->clients = std::move(clients);
    task->nodes = std::move(plan.nodes);
    task->ended_seen_at.assign(task->clients.size(), std::nullopt);
    lifecycle.table().pin(task);
  }

  // From here to the end only this operation changes the record: `busy` keeps others away, and no client runs yet.
  const Steps steps(lifecycle, task);
  const auto prepared = steps.all("prepare");
  if (const auto failures = failures_of(*task->record.spec, prepared); !failures.empty()) {
    auto error = lifecycle.stopping()
                     ? Error(ErrorCode::kUnavailable, "the master is shutting down; nothing was created")
                     : fan_out_error(failures);
    return rolled_back(lifecycle, task, std::move(error), touched(prepared), false);
  }
  if (auto together = check_alignment(*task->record.spec, prepared); !together.ok()) {
    return rolled_back(lifecycle, task, std::move(together).error(), touched(prepared), false);
  }
  if (auto decided = lifecycle.store().set_decided(task->record, true); !decided.ok()) {
    return rolled_back(lifecycle, task, std::move(decided).error(), steps.everyone(), false);
  }
  {
    const std::lock_guard lock(task->mutex);
    task->record.decided = true;
  }
  Commits commits(lifecycle, steps, lifecycle.options().commit_window);
  if (!commit_all(lifecycle, task, commits)) {
    if (lifecycle.stopping() && !commits.refused()) return not_completed(task->name);
    const auto failures = failures_of(*task->record.spec, commits.replies());
    return rolled_back(lifecycle, task, fan_out_error(failures), steps.everyone(), true);
  }
  const std::lock_guard lock(task->mutex);
  // It follows from the decision, which is durable: a master that lost this row would commit again, and come to the same.
  PAI_TRY(take_committed(lifecycle, task, commits, store::Durable::kSoon));
  return created_document(*task);
}

Result<nlohmann::json> check_task(Lifecycle& lifecycle, const std::string& body) {
  PAI_ASSIGN(auto plan, plan_of(lifecycle, body));
  PAI_ASSIGN(plan.spec, with_ports(lifecycle.link(), std::move(plan.spec), plan.nodes, random_token(), /*only_look=*/true));
  std::vector<NodeCall> calls;
  const auto public_part = plan.spec.public_part();
  for (const auto& client : plan.spec.clients) {
    calls.push_back({.node = plan.nodes[static_cast<std::size_t>(client.id)],
                     .path = "/checkTask",
                     .query = {{"task_name", plan.spec.name}, {"client", std::to_string(client.id)}},
                     .body = nlohmann::json{{"public", public_part}, {"client_config", client.config()}}.dump()});
  }
  const auto replies = lifecycle.link().call_all(calls);
  if (const auto failures = failures_of(plan.spec, replies); !failures.empty()) return fan_out_error(failures);
  PAI_TRY(check_alignment(plan.spec, replies));
  nlohmann::json clients = nlohmann::json::array();
  for (const auto& client : plan.spec.clients) {
    nlohmann::json entry = {{"id", client.id}, {"role", task::role_name(client.role)}, {"node", client.node()}};
    auto said = check_in(replies[static_cast<std::size_t>(client.id)].document, plan.spec);
    if (!said.ok()) return std::move(said).error().in_context(client_label(client));
    entry.update(*said);
    clients.push_back(std::move(entry));
  }
  return nlohmann::json{{"msg", "ok"}, {"task_name", plan.spec.name}, {"task", plan.document}, {"clients", std::move(clients)}};
}

void finish_creation(Lifecycle& lifecycle, const TaskPtr& task, std::shared_ptr<Operation> operation) {
  Commits commits(lifecycle, Steps(lifecycle, task), lifecycle.options().recovery_window);
  finish_round(lifecycle, std::make_shared<Unfinished>(Unfinished{task, std::move(operation), std::move(commits)}));
}

Status abandon_creation(Lifecycle& lifecycle, const TaskPtr& task) {
  const std::lock_guard lock(task->mutex);
  std::vector<Intent> tell;
  for (std::size_t i = 0; i < task->nodes.size(); ++i) {
    tell.push_back({.kind = Intent::Kind::kForget,
                    .task_name = task->name,
                    .client = static_cast<int>(i),
                    .node = task->nodes[i],
                    .attempt = task->record.attempt});
  }
  PAI_TRY(task::apply(task->record.state, TaskEvent::kForget));
  const auto name = task->name;
  PAI_TRY(lifecycle.forget(task, tell));
  log::info("interrupted creation was taken back", {{"task", name}});
  return {};
}

}  // namespace pai::master
