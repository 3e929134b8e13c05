#include "node/store.h"

#include <optional>
#include <string_view>
#include <utility>

#include "common/json/strict_json.h"
#include "common/log/log.h"
#include "node/granted_text.h"
#include "node/schema.h"

namespace pai::node {
namespace {

using store::as_int;
using store::as_real;
using store::as_text;
using store::Connection;
using store::Row;
using store::Value;

// A checked document may come out longer than the body it came from: defaults were filled in.
constexpr json::Limits kStoredLimits{.bytes_max = std::size_t{16} << 20};

/// Empty when the document has none: it is only counted by.
std::string type_in(const nlohmann::json& public_part, int client) {
  try {
    return public_part.at("clients").at(static_cast<std::size_t>(client)).at("client_type").get<std::string>();
  } catch (const nlohmann::json::exception&) {
    return "";
  }
}

Error damaged(const ClientKey& key, const std::string& what) {
  return Error(ErrorCode::kInternal, "node.db is damaged: " + key.text() + ": " + what)
      .with_hint("restore node.db, or move it away to start without the tasks it knew");
}

/// A number of 64 bits without sign in SQLite's signed one, and back.
std::int64_t stored(std::uint64_t value) {
  return static_cast<std::int64_t>(value);
}

/// What can't be read is given up, the row is not: a client that may run stays so, to be judged by its
/// process; any other has failed.
void repair(ClientRecord& record, const ClientKey& key, std::optional<task::ClientState> state,
            const std::string& what) {
  record.status = {};
  record.status.task_name = key.task_name;
  record.status.client = key.client;
  const bool runs = state == task::ClientState::kStarting || state == task::ClientState::kRunning ||
                    state == task::ClientState::kStopping;
  record.status.state = runs ? *state : task::ClientState::kFailed;
  record.status.reason = damaged(key, what).message();
}

constexpr std::string_view kClientColumns =
    "SELECT task_name, client, state, status, attempt, digest, master_identity, computation_port, "
    "out_data_path, boot_id, pid, start_time, stop_reason, intent, prepared_at, granted, traceparent FROM clients ";

constexpr std::string_view kUnended = "state NOT IN ('Finished', 'Failed', 'Stopped', 'Rejected')";

Result<task::ClientStatus> status_from(const std::string& text) {
  PAI_ASSIGN(const auto document, json::parse(text, kStoredLimits));
  return task::status_from_json(document);
}

Result<task::DatasetSummary> summary_from(const std::string& text) {
  PAI_ASSIGN(const auto document, json::parse(text, kStoredLimits));
  return task::dataset_from_json(document);
}

struct ReadRecord {
  ClientRecord record;
  bool repaired = false;
};

ReadRecord record_from(const Row& row) {
  ReadRecord read;
  ClientRecord& record = read.record;
  const ClientKey key{as_text(row.at(0)), static_cast<int>(as_int(row.at(1)))};
  const std::string state = as_text(row.at(2));
  const auto known = task::client_state_from_name(state);
  auto status = status_from(as_text(row.at(3)));
  if (status.ok() && known) {
    record.status = *std::move(status);
    record.status.task_name = key.task_name;
    record.status.client = key.client;
    record.status.state = *known;
  } else {
    repair(record, key, known, known ? status.error().describe() : "unknown state '" + state + "'");
    read.repaired = true;
  }
  record.attempt = as_text(row.at(4));
  record.digest = as_text(row.at(5));
  record.master_identity = as_text(row.at(6));
  record.computation_port = static_cast<std::uint16_t>(as_int(row.at(7)));
  record.out_data_path = as_text(row.at(8));
  record.process.boot_id = as_text(row.at(9));
  record.process.pid = as_int(row.at(10));
  record.process.start_time = static_cast<std::uint64_t>(as_int(row.at(11)));
  record.stop_reason = as_text(row.at(12));
  record.intent = static_cast<Intent>(as_int(row.at(13)));
  record.prepared_at = as_real(row.at(14));
  // Unreadable, it rests on nothing: where grants are asked for it can't be started.
  if (const auto granted = json::parse(as_text(row.at(15)), kStoredLimits); granted.ok()) record.granted = granted_from_json(*granted);
  record.trace = log::parse_traceparent(as_text(row.at(16))).value_or(log::Trace{});
  return read;
}

std::string state_text(task::ClientState state) {
  return std::string(task::client_state_name(state));
}

std::string status_text(const task::ClientStatus& status) {
  return json::canonical(task::to_json(status));
}

}  // namespace

Result<Store> Store::open(const std::filesystem::path& file) {
  PAI_ASSIGN(auto database, store::Database::open(file, kSchemaSteps));
  return Store(std::move(database));
}

/// The row's record; what was repaired in it is logged and saved.
ClientRecord Store::readable(const Row& row) {
  auto [record, repaired] = record_from(row);
  if (!repaired) return std::move(record);
  log::error("row of node.db was unreadable", {{"task", record.status.task_name},
                                               {"client", record.status.client},
                                               {"fault", record.status.reason}});
  if (Status saved = save_as_it_is(record); !saved.ok()) {
    log::warning("row of node.db was not repaired", {{"fault", saved.error().describe()}});
  }
  return std::move(record);
}

Result<std::vector<ClientRecord>> Store::clients(double ended_since) {
  // CASE, so that no other than valid JSON is looked into.
  const std::string sql = std::string(kClientColumns) + "WHERE " + std::string(kUnended) +
                          " OR intent != 0 OR CASE WHEN json_valid(status) THEN "
                          "coalesce(json_extract(status, '$.ended_at'), 0) >= ? ELSE 1 END "
                          "ORDER BY prepared_at, task_name, client";
  PAI_ASSIGN(const auto rows, database_->query(sql, {ended_since}));
  std::vector<ClientRecord> records;
  records.reserve(rows.size());
  for (const auto& row : rows) records.push_back(readable(row));
  return records;
}

Result<std::optional<ClientRecord>> Store::client(const ClientKey& key) {
  PAI_ASSIGN(const auto rows, database_->query(std::string(kClientColumns) + "WHERE task_name = ? AND client = ?",
                                               {key.task_name, std::int64_t{key.client}}));
  if (rows.empty()) return std::optional<ClientRecord>();
  return std::optional<ClientRecord>(readable(rows[0]));
}

Result<std::map<ClientKey, task::ClientState>> Store::states() {
  PAI_ASSIGN(const auto rows, database_->query("SELECT task_name, client, state FROM clients"));
  std::map<ClientKey, task::ClientState> states;
  for (const auto& row : rows) {
    states.emplace(ClientKey{as_text(row.at(0)), static_cast<int>(as_int(row.at(1)))},
                   task::client_state_from_name(as_text(row.at(2))).value_or(task::ClientState::kFailed));
  }
  return states;
}

Result<std::vector<EndedClient>> Store::ended() {
  // As ended_at() in retention.h has it.
  PAI_ASSIGN(const auto rows,
             database_->query("SELECT task_name, client, coalesce(nullif(CASE WHEN json_valid(status) THEN json_extract(status, '$.ended_at') END, 0), "
                              "prepared_at) FROM clients WHERE intent = 0 AND NOT (" +
                              std::string(kUnended) + ")"));
  std::vector<EndedClient> ended;
  for (const auto& row : rows) ended.push_back({{as_text(row.at(0)), static_cast<int>(as_int(row.at(1)))}, as_real(row.at(2))});
  return ended;
}

Result<std::vector<ClientCount>> Store::counts() {
  PAI_ASSIGN(const auto rows, database_->query("SELECT state, type, count(*) FROM clients GROUP BY state, type"));
  std::vector<ClientCount> counts;
  for (const auto& row : rows) {
    const auto state = task::client_state_from_name(as_text(row.at(0)));
    const auto type = task::client_type_from_name(as_text(row.at(1)));
    if (!state) continue;
    counts.push_back({*state, type ? std::string(task::client_type_name(*type)) : "unknown",
                      static_cast<std::size_t>(as_int(row.at(2)))});
  }
  return counts;
}

Result<ClientPage> Store::list(const std::string& master_identity, const ClientQuery& query) {
  std::string where = " WHERE master_identity = ?";
  Row parameters{master_identity};
  if (query.state) {
    where += " AND state = ?";
    parameters.emplace_back(state_text(*query.state));
  }
  PAI_ASSIGN(const auto total, database_->query("SELECT count(*) FROM clients" + where, parameters));
  ClientPage page;
  page.total = total.empty() ? 0 : as_int(total[0].at(0));
  parameters.emplace_back(query.limit);
  parameters.emplace_back((query.page - 1) * query.limit);
  PAI_ASSIGN(const auto rows,
             database_->query(std::string(kClientColumns) + where +
                                  " ORDER BY prepared_at DESC, task_name, client LIMIT ? OFFSET ?",
                              parameters));
  for (const auto& row : rows) page.items.push_back(record_from(row).record.status);
  return page;
}

Result<std::vector<DatasetRecord>> Store::datasets() {
  PAI_ASSIGN(const auto rows,
             database_->query(
                 "SELECT task_name, client, summary, registered_at FROM datasets ORDER BY out_data_path"));
  std::vector<DatasetRecord> records;
  records.reserve(rows.size());
  for (const auto& row : rows) {
    DatasetRecord record;
    record.holder = {as_text(row.at(0)), static_cast<int>(as_int(row.at(1)))};
    auto summary = summary_from(as_text(row.at(2)));
    if (!summary.ok()) {
      log::error("row of node.db was unreadable; the data set is unknown until it is written again",
                 {{"task", record.holder.task_name},
                  {"client", record.holder.client},
                  {"fault", summary.error().describe()}});
      continue;
    }
    record.summary = *std::move(summary);
    record.registered_at = as_real(row.at(3));
    records.push_back(std::move(record));
  }
  return records;
}

Result<Documents> Store::documents(const ClientKey& key) {
  PAI_ASSIGN(
      const auto rows,
      database_->query("SELECT public_part, own_settings FROM clients WHERE task_name = ? AND client = ?",
                       {key.task_name, std::int64_t{key.client}}));
  if (rows.empty()) return Error(ErrorCode::kNotFound, "there is no " + key.text() + " at this node");
  Documents documents;
  PAI_ASSIGN(documents.public_part, json::parse(as_text(rows[0].at(0)), kStoredLimits));
  PAI_ASSIGN(documents.own_settings, json::parse(as_text(rows[0].at(1)), kStoredLimits));
  return documents;
}

Status Store::insert(const ClientRecord& record, const Documents& documents, bool replaces_old) {
  PAI_CHECK(record.status.state == task::ClientState::kPrepared, "a client begins as Prepared");
  const Row key{record.status.task_name, std::int64_t{record.status.client}};
  const Row row{record.status.task_name,
                std::int64_t{record.status.client},
                state_text(record.status.state),
                status_text(record.status),
                record.attempt,
                record.digest,
                record.master_identity,
                json::canonical(documents.public_part),
                json::canonical(documents.own_settings),
                std::int64_t{record.computation_port},
                record.out_data_path,
                record.prepared_at,
                granted_text(record.granted),
                type_in(documents.public_part, record.status.client),
                log::traceparent(record.trace)};
  // A preparation that the node's machine loses with its power has expired, for its master: the commit is answered with
  // 409, and it prepares again. The commit makes this row durable with its own. A row that goes must not come back.
  const auto durable = replaces_old ? store::Durable::kOnReturn : store::Durable::kSoon;
  const auto work = [&](Connection& connection) -> Status {
    if (replaces_old) {
      PAI_TRY(connection.run("DELETE FROM clients WHERE task_name = ? AND client = ?", key));
    }
    PAI_TRY(connection.run(R"sql(
INSERT INTO clients (task_name, client, state, status, attempt, digest, master_identity, public_part, own_settings,
                     computation_port, out_data_path, prepared_at, granted, type, traceparent, boot_id, pid, start_time, stop_reason, intent)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, '', 0, 0, '', 0))sql",
                           row));
    return {};
  };
  return database_->write(work, durable);
}

Status Store::save(const ClientRecord& record, const task::ClientTransition& transition) {
  PAI_CHECK(record.status.state == transition.to(), "the record has the state that the transition leads to");
  const task::ClientStatus& status = record.status;
  const Row row{state_text(transition.to()),
                status_text(status),
                record.process.boot_id,
                record.process.pid,
                stored(record.process.start_time),
                record.stop_reason,
                granted_text(record.granted),
                log::traceparent(record.trace),
                status.task_name,
                std::int64_t{status.client},
                state_text(transition.from())};
  return database_->write([&](Connection& connection) -> Status {
    PAI_ASSIGN(const auto changed, connection.run(R"sql(
UPDATE clients SET state = ?, status = ?, boot_id = ?, pid = ?, start_time = ?, stop_reason = ?, granted = ?, traceparent = ?
WHERE task_name = ? AND client = ? AND state = ?)sql",
                                                  row));
    if (changed != 1) {
      return Error(ErrorCode::kInternal,
                   record.key().text() + " is not stored as " + state_text(transition.from()));
    }
    if (transition.to() == task::ClientState::kFinished && status.dataset) {
      PAI_TRY(connection.run(R"sql(
INSERT OR REPLACE INTO datasets (out_data_path, task_name, client, summary, registered_at) VALUES (?, ?, ?, ?, ?))sql",
                             {status.dataset->out_data_path, status.task_name, std::int64_t{status.client},
                              json::canonical(task::to_json(*status.dataset)), status.ended_at}));
    }
    return {};
  });
}

Status Store::save_as_it_is(const ClientRecord& record) {
  const task::ClientStatus& status = record.status;
  return database_->write([&](Connection& connection) -> Status {
    PAI_TRY(connection.run(
        "UPDATE clients SET state = ?, status = ? WHERE task_name = ? AND client = ?",
        {state_text(status.state), status_text(status), status.task_name, std::int64_t{status.client}}));
    return {};
  });
}

Status Store::save_intent(const ClientKey& key, Intent intent) {
  return database_->write([&](Connection& connection) -> Status {
    PAI_TRY(connection.run("UPDATE clients SET intent = ? WHERE task_name = ? AND client = ?",
                           {static_cast<std::int64_t>(intent), key.task_name, std::int64_t{key.client}}));
    return {};
  });
}

Status Store::remove(const ClientKey& key) {
  return database_->write([&](Connection& connection) -> Status {
    PAI_TRY(connection.run("DELETE FROM clients WHERE task_name = ? AND client = ?",
                           {key.task_name, std::int64_t{key.client}}));
    PAI_TRY(connection.run("UPDATE datasets SET client = ? WHERE task_name = ? AND client = ?",
                           {std::int64_t{kNoClient}, key.task_name, std::int64_t{key.client}}));
    return {};
  });
}

Status Store::remove_dataset(const std::string& out_data_path) {
  return database_->write([&](Connection& connection) -> Status {
    PAI_TRY(connection.run("DELETE FROM datasets WHERE out_data_path = ?", {out_data_path}));
    return {};
  });
}

}  // namespace pai::node
