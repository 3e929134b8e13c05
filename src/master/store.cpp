#include "master/store.h"

#include <nlohmann/json.hpp>

#include "common/json/strict_json.h"
#include "common/store/write_probe.h"
#include "common/task/validate.h"
#include "master/schema.h"

namespace pai::master {
namespace {

using store::as_int;
using store::as_real;
using store::as_text;
using store::Connection;
using store::Row;
using store::Value;

std::string_view kind_name(Intent::Kind kind) {
  switch (kind) {
    case Intent::Kind::kStop: return "stop";
    case Intent::Kind::kDelete: return "delete";
    case Intent::Kind::kForget: return "forget";
  }
  PAI_CHECK(false, "an intent kind outside the enumeration");
}

Intent::Kind kind_from_name(std::string_view name) {
  if (name == "delete") return Intent::Kind::kDelete;
  if (name == "forget") return Intent::Kind::kForget;
  return Intent::Kind::kStop;
}

Value text(std::string_view value) { return std::string(value); }
Value integer(std::int64_t value) { return value; }

Error broken(std::string_view what) {
  return Error(ErrorCode::kInternal, "master.db has an unreadable " + std::string(what));
}

std::vector<std::string> strings_from(const std::string& json_text) {
  const auto document = nlohmann::json::parse(json_text, nullptr, false);
  std::vector<std::string> values;
  if (!document.is_array()) return values;
  for (const auto& item : document) {
    if (item.is_string()) values.push_back(item.get<std::string>());
  }
  return values;
}

Status write_client(Connection& db, std::int64_t task_id, const task::ClientStatus& status) {
  PAI_TRY(db.run("INSERT INTO clients(task_id, client, status) VALUES(?, ?, ?) "
                 "ON CONFLICT(task_id, client) DO UPDATE SET status = excluded.status",
                 {integer(task_id), integer(status.client), text(task::to_json(status).dump())}));
  if (status.dataset.has_value() && status.state == task::ClientState::kFinished) {
    const auto& data = *status.dataset;
    PAI_TRY(db.run("UPDATE datasets SET finished = 1, files = ?, train_rows = ?, test_rows = ?, columns = ?, "
                   "alignment_id = ? WHERE task_id = ? AND client = ?",
                   {text(nlohmann::json(data.files).dump()), integer(static_cast<std::int64_t>(data.train_rows)),
                    integer(static_cast<std::int64_t>(data.test_rows)), text(nlohmann::json(data.columns).dump()),
                    text(data.alignment_id), integer(task_id), integer(status.client)}));
  }
  return {};
}

Status write_intent(Connection& db, const Intent& intent) {
  PAI_TRY(db.run("INSERT INTO intents(kind, task_name, client, host, port, identity, attempt, datasets) "
                 "VALUES(?, ?, ?, ?, ?, ?, ?, ?)",
                 {text(kind_name(intent.kind)), text(intent.task_name), integer(intent.client), text(intent.node.host),
                  integer(intent.node.port), text(intent.node.identity), text(intent.attempt),
                  integer(intent.datasets ? 1 : 0)}));
  return {};
}

constexpr std::string_view kIntentColumns = "id, kind, task_name, client, host, port, identity, attempt, datasets";

Intent intent_from(const Row& row) {
  return {.id = as_int(row[0]),
          .kind = kind_from_name(as_text(row[1])),
          .task_name = as_text(row[2]),
          .client = static_cast<int>(as_int(row[3])),
          .node = {.host = as_text(row[4]), .port = static_cast<std::uint16_t>(as_int(row[5])), .identity = as_text(row[6])},
          .attempt = as_text(row[7]),
          .datasets = as_int(row[8]) != 0};
}

constexpr std::string_view kDatasetColumns =
    "t.name, t.state, d.client, d.node, d.out_data_path, d.files, d.finished, d.train_rows, d.test_rows, d.columns, "
    "d.alignment_id FROM datasets d JOIN tasks t ON t.id = d.task_id";

Result<std::vector<DatasetRecord>> datasets_from(const std::vector<Row>& rows) {
  std::vector<DatasetRecord> records;
  records.reserve(rows.size());
  for (const auto& row : rows) {
    const auto state = task::task_state_from_name(as_text(row[1]));
    if (!state.has_value()) return broken("task state");
    records.push_back({.task_name = as_text(row[0]),
                       .task_state = *state,
                       .client = static_cast<int>(as_int(row[2])),
                       .node = as_text(row[3]),
                       .out_data_path = as_text(row[4]),
                       .files = strings_from(as_text(row[5])),
                       .finished = as_int(row[6]) != 0,
                       .train_rows = static_cast<std::uint64_t>(as_int(row[7])),
                       .test_rows = static_cast<std::uint64_t>(as_int(row[8])),
                       .columns = strings_from(as_text(row[9])),
                       .alignment_id = as_text(row[10])});
  }
  return records;
}

/// `state` may be an exact name or a folded one; the two indices answer either.
/// " WHERE …" for what is asked, or nothing. `prefix` names the table of tasks; `searched` is an SQL text of all that a
/// search looks into.
std::string condition_of(const ListQuery& query, std::string_view prefix, std::string_view searched, Row& parameters) {
  std::string condition;
  if (!query.state.empty()) {
    const bool exact = task::task_state_from_name(query.state).has_value() &&
                       task::task_state_folded(*task::task_state_from_name(query.state)) != query.state;
    parameters.push_back(query.state);
    condition = " WHERE " + std::string(prefix) + (exact ? "state" : "folded") + " = ?";
  }
  if (!query.search.empty()) {
    parameters.push_back(query.search);
    condition += (condition.empty() ? " WHERE " : " AND ") + ("instr(lower(" + std::string(searched) + "), lower(?)) > 0");
  }
  return condition;
}

}  // namespace

Store::Store(std::unique_ptr<store::Database> database, Gate gate)
    : database_(std::move(database)), gate_(std::move(gate)) {}

Result<std::unique_ptr<Store>> Store::open(const std::filesystem::path& file, Gate gate) {
  PAI_ASSIGN(auto database, store::Database::open(file, kSchemaSteps));
  return std::unique_ptr<Store>(new Store(std::move(database), std::move(gate)));
}

Status Store::write(std::string_view what, std::function<Status(Connection&)> work, store::Durable durable) {
  if (gate_) {
    if (auto open = gate_(what); !open.ok()) return open;
  }
  auto status = database_->write(std::move(work), durable);
  if (!status.ok()) return std::move(status).error().in_context("cannot store " + std::string(what));
  return {};
}

Status Store::insert(TaskRecord& record, std::span<const task::ClientStatus> clients,
                     std::span<const DatasetRecord> datasets) {
  std::int64_t id = 0;
  const auto stored = write("the new task", [&](Connection& db) -> Status {
    PAI_ASSIGN(const auto taken, db.query("SELECT 1 FROM tasks WHERE name = ?", {text(record.spec->name)}));
    if (!taken.empty()) return Error(ErrorCode::kConflict, "task '" + record.spec->name + "' exists");
    PAI_ASSIGN(const auto rows,
               db.query("INSERT INTO tasks(name, document, state, folded, attempt, client_count, created_by, created_at, family, "
                        "traceparent) VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING id",
                        {text(record.spec->name), text(record.spec->document().dump()),
                         text(task::task_state_name(task::TaskState::kCreating)),
                         text(task::task_state_folded(task::TaskState::kCreating)), text(record.attempt),
                         integer(static_cast<std::int64_t>(record.spec->clients.size())), text(record.created_by),
                         record.created_at, text(task::family_name(record.spec->family())),
                         text(log::traceparent(record.trace))}));
    if (rows.empty()) return broken("row id");
    id = as_int(rows[0][0]);
    for (const auto& client : clients) PAI_TRY(write_client(db, id, client));
    for (const auto& data : datasets) {
      PAI_TRY(db.run("INSERT INTO datasets(task_id, client, node, out_data_path, files) VALUES(?, ?, ?, ?, ?)",
                     {integer(id), integer(data.client), text(data.node), text(data.out_data_path),
                      text(nlohmann::json(data.files).dump())}));
    }
    for (const auto& client : record.spec->clients) {
      PAI_TRY(db.run("INSERT OR IGNORE INTO nodes(host, port, identity) VALUES(?, ?, ?)",
                     {text(client.addr), integer(client.http_port), text(client.identity)}));
    }
    return {};
  }, store::Durable::kSoon);
  if (!stored.ok()) return stored.error();
  record.id = id;
  record.state = task::TaskState::kCreating;
  return {};
}

Status Store::set_decided(const TaskRecord& record, bool decided) {
  return write("the decision", [&](Connection& db) -> Status {
    PAI_TRY(db.run("UPDATE tasks SET decided = ? WHERE id = ?", {integer(decided ? 1 : 0), integer(record.id)}));
    return {};
  });
}

Status Store::set_resume(const TaskRecord& record, bool resume) {
  return write("how the task is to go on", [&](Connection& db) -> Status {
    PAI_TRY(db.run("UPDATE tasks SET resume = ? WHERE id = ?", {integer(resume ? 1 : 0), integer(record.id)}));
    return {};
  });
}

Status Store::save(const TaskRecord& record, const task::TaskTransition& transition, const Change& change) {
  return write("a change of state", [&](Connection& db) -> Status {
    PAI_ASSIGN(const auto changed,
               db.run("UPDATE tasks SET state = ?, folded = ?, run_id = ?, cause = ?, cause_client = ?, started_at = ?, "
                      "ended_at = ?, resume = ?, traceparent = ? WHERE id = ? AND state = ?",
                      {text(task::task_state_name(transition.to())), text(task::task_state_folded(transition.to())),
                       text(record.run_id), text(record.cause), integer(record.cause_client), record.started_at,
                       record.ended_at, integer(record.resume ? 1 : 0), text(log::traceparent(record.trace)), integer(record.id),
                       text(task::task_state_name(transition.from()))}));
    if (changed != 1) return Error(ErrorCode::kInternal, "the stored task is in another state than it was known to be");
    if (change.reset_datasets) {
      PAI_TRY(db.run("UPDATE datasets SET finished = 0, train_rows = 0, test_rows = 0, columns = '[]', alignment_id = '' "
                     "WHERE task_id = ?",
                     {integer(record.id)}));
    }
    for (const auto& client : change.clients) PAI_TRY(write_client(db, record.id, client));
    if (change.drop_stop_intents) {
      PAI_TRY(db.run("DELETE FROM intents WHERE task_name = ? AND kind = 'stop'", {text(record.spec->name)}));
    }
    for (const auto& intent : change.add_intents) PAI_TRY(write_intent(db, intent));
    return {};
  }, change.durable);
}

Status Store::save_clients(const TaskRecord& record, std::span<const task::ClientStatus> clients) {
  return write("a change of a client", [&](Connection& db) -> Status {
    for (const auto& client : clients) PAI_TRY(write_client(db, record.id, client));
    return {};
  });
}

Status Store::remove(const TaskRecord& record, std::span<const Intent> keep) {
  return write("that a task is forgotten", [&](Connection& db) -> Status {
    PAI_TRY(db.run("DELETE FROM tasks WHERE id = ?", {integer(record.id)}));
    PAI_TRY(db.run("DELETE FROM intents WHERE task_name = ? AND kind != 'forget'", {text(record.spec->name)}));
    for (const auto& intent : keep) PAI_TRY(write_intent(db, intent));
    return {};
  });
}

Status Store::add_intents(std::span<const Intent> intents) {
  return write("what nodes are to be told", [&](Connection& db) -> Status {
    for (const auto& intent : intents) PAI_TRY(write_intent(db, intent));
    return {};
  });
}

Status Store::remove_intents(std::span<const std::int64_t> ids) {
  if (ids.empty()) return {};
  return write("that nodes confirmed", [&](Connection& db) -> Status {
    for (const auto id : ids) PAI_TRY(db.run("DELETE FROM intents WHERE id = ?", {integer(id)}));
    return {};
  });
}

Result<std::optional<StoredTask>> Store::find(const std::string& name) {
  PAI_ASSIGN(const auto rows,
             database_->query("SELECT id, document, state, attempt, decided, run_id, cause, cause_client, created_at, "
                              "started_at, ended_at, resume, created_by, traceparent FROM tasks WHERE name = ?",
                              {text(name)}));
  if (rows.empty()) return std::optional<StoredTask>();
  const auto& row = rows[0];
  const auto document = nlohmann::json::parse(as_text(row[1]), nullptr, false);
  auto spec = task::validate(document);
  if (!spec.ok()) return std::move(spec).error().in_context("master.db has an unreadable task '" + name + "'");
  const auto state = task::task_state_from_name(as_text(row[2]));
  if (!state.has_value()) return broken("task state");

  StoredTask stored;
  stored.record = {.id = as_int(row[0]),
                   .spec = std::make_shared<const task::TaskSpec>(std::move(*spec)),
                   .state = *state,
                   .attempt = as_text(row[3]),
                   .decided = as_int(row[4]) != 0,
                   .run_id = as_text(row[5]),
                   .resume = as_int(row[11]) != 0,
                   .cause = as_text(row[6]),
                   .cause_client = static_cast<int>(as_int(row[7])),
                   .created_by = as_text(row[12]),
                   .created_at = as_real(row[8]),
                   .started_at = as_real(row[9]),
                   .ended_at = as_real(row[10]),
                   .trace = log::parse_traceparent(as_text(row[13])).value_or(log::Trace{})};
  for (const auto& client : stored.record.spec->clients) {
    task::ClientStatus status;
    status.task_name = name;
    status.client = client.id;
    stored.clients.push_back(std::move(status));
  }
  PAI_ASSIGN(const auto clients, database_->query("SELECT client, status FROM clients WHERE task_id = ? ORDER BY client",
                                                  {integer(stored.record.id)}));
  for (const auto& client : clients) {
    auto status = task::status_from_json(nlohmann::json::parse(as_text(client[1]), nullptr, false));
    const auto index = static_cast<std::size_t>(as_int(client[0]));
    if (!status.ok() || index >= stored.clients.size()) return broken("client of task '" + name + "'");
    stored.clients[index] = std::move(*status);
  }
  PAI_ASSIGN(stored.intents, intents_of(name));
  return std::optional<StoredTask>(std::move(stored));
}

Result<std::vector<Intent>> Store::intents_of(const std::string& task_name) {
  PAI_ASSIGN(const auto rows, database_->query("SELECT " + std::string(kIntentColumns) +
                                                   " FROM intents WHERE task_name = ? AND kind != 'forget' ORDER BY id",
                                               {text(task_name)}));
  std::vector<Intent> found;
  for (const auto& row : rows) found.push_back(intent_from(row));
  return found;
}

Result<std::vector<std::string>> Store::unfinished() {
  std::vector<std::string> names;
  for (const auto state : {task::TaskState::kCreating, task::TaskState::kAwaitingApproval, task::TaskState::kStarting, task::TaskState::kRunning,
                           task::TaskState::kStoppingToFailed, task::TaskState::kStoppingToStopped,
                           task::TaskState::kDeleting}) {
    PAI_ASSIGN(const auto rows, database_->query("SELECT name FROM tasks WHERE state = ? ORDER BY id",
                                                 {text(task::task_state_name(state))}));
    for (const auto& row : rows) names.push_back(as_text(row[0]));
  }
  return names;
}

Result<std::vector<Intent>> Store::intents() {
  PAI_ASSIGN(const auto rows, database_->query("SELECT " + std::string(kIntentColumns) + " FROM intents ORDER BY id"));
  std::vector<Intent> found;
  for (const auto& row : rows) found.push_back(intent_from(row));
  return found;
}

Result<Page<TaskSummary>> Store::list_tasks(const ListQuery& query) {
  Row parameters;
  const auto condition = condition_of(query, "", "name || char(10) || created_by || char(10) || cause", parameters);
  PAI_ASSIGN(const auto total, database_->query("SELECT count(*) FROM tasks" + condition, parameters));
  parameters.push_back(query.limit);
  parameters.push_back((query.page - 1) * query.limit);
  PAI_ASSIGN(const auto rows,
             database_->query("SELECT name, state, client_count, cause, created_at, started_at, ended_at, created_by FROM tasks" +
                                  condition + " ORDER BY id DESC LIMIT ? OFFSET ?",
                              parameters));
  Page<TaskSummary> page{.total = as_int(total.at(0).at(0))};
  for (const auto& row : rows) {
    const auto state = task::task_state_from_name(as_text(row[1]));
    if (!state.has_value()) return broken("task state");
    page.items.push_back({.name = as_text(row[0]),
                          .state = *state,
                          .client_count = static_cast<int>(as_int(row[2])),
                          .cause = as_text(row[3]),
                          .created_by = as_text(row[7]),
                          .created_at = as_real(row[4]),
                          .started_at = as_real(row[5]),
                          .ended_at = as_real(row[6])});
  }
  return page;
}

Result<Page<DatasetRecord>> Store::list_datasets(const ListQuery& query) {
  Row parameters;
  const auto condition = condition_of(query, "t.", "t.name || char(10) || d.node || char(10) || d.out_data_path", parameters);
  const auto counted = condition.empty() ? std::string("SELECT count(*) FROM datasets")
                                         : "SELECT count(*) FROM datasets d JOIN tasks t ON t.id = d.task_id" + condition;
  PAI_ASSIGN(const auto total, database_->query(counted, parameters));
  parameters.push_back(query.limit);
  parameters.push_back((query.page - 1) * query.limit);
  PAI_ASSIGN(const auto rows, database_->query("SELECT " + std::string(kDatasetColumns) + condition +
                                                   " ORDER BY d.id DESC LIMIT ? OFFSET ?",
                                               parameters));
  Page<DatasetRecord> page{.total = as_int(total.at(0).at(0))};
  PAI_ASSIGN(page.items, datasets_from(rows));
  return page;
}

Result<std::vector<DatasetRecord>> Store::datasets_of(const std::string& task_name) {
  PAI_ASSIGN(const auto rows, database_->query("SELECT " + std::string(kDatasetColumns) +
                                                   " WHERE t.name = ? ORDER BY d.client",
                                               {text(task_name)}));
  return datasets_from(rows);
}

Result<std::vector<http::Endpoint>> Store::nodes() {
  PAI_ASSIGN(const auto rows, database_->query("SELECT host, port, identity FROM nodes ORDER BY host, port"));
  std::vector<http::Endpoint> found;
  for (const auto& row : rows) {
    found.push_back({.host = as_text(row[0]),
                     .port = static_cast<std::uint16_t>(as_int(row[1])),
                     .identity = as_text(row[2])});
  }
  return found;
}

Result<std::map<std::pair<std::string, std::string>, std::int64_t>> Store::counts() {
  PAI_ASSIGN(const auto rows, database_->query("SELECT state, family, count(*) FROM tasks GROUP BY state, family"));
  std::map<std::pair<std::string, std::string>, std::int64_t> found;
  for (const auto& row : rows) found[{as_text(row[0]), as_text(row[1])}] = as_int(row[2]);
  return found;
}

Result<std::int64_t> Store::intent_count() {
  PAI_ASSIGN(const auto rows, database_->query("SELECT count(*) FROM intents"));
  if (rows.empty()) return broken("count");
  return as_int(rows[0][0]);
}

Status Store::probe() { return store::rewrite_a_page(*database_); }

}  // namespace pai::master
