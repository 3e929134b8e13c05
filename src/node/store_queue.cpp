// Runs that wait for their turn, who this node is to those that order nodes, and ports: a part of Store.
#include <utility>

#include "common/store/write_probe.h"
#include "node/store.h"

namespace pai::node {

using store::as_int;
using store::as_text;
using store::Connection;

Result<std::string> Store::node_id() {
  PAI_ASSIGN(const auto rows, database_->query("SELECT node_id FROM identity"));
  if (rows.size() != 1) return Error(ErrorCode::kInternal, "node.db has no id of this node");
  return as_text(rows[0].at(0));
}

Status Store::probe() { return store::rewrite_a_page(*database_); }

namespace {

std::set<std::uint16_t> ports_of(const std::vector<store::Row>& rows) {
  std::set<std::uint16_t> ports;
  for (const auto& row : rows) ports.insert(static_cast<std::uint16_t>(as_int(row.at(0))));
  return ports;
}

}  // namespace

Result<std::set<std::uint16_t>> Store::ports_in_use() {
  PAI_ASSIGN(const auto rows, database_->query("SELECT DISTINCT computation_port FROM clients WHERE state NOT IN ('Finished', 'Failed', 'Stopped', 'Rejected')"));
  return ports_of(rows);
}

Result<std::set<std::uint16_t>> Store::ports_known() {
  PAI_ASSIGN(const auto rows, database_->query("SELECT DISTINCT computation_port FROM clients"));
  return ports_of(rows);
}

Result<int> Store::clients_of(const std::string& master_identity, const std::string& task_name) {
  PAI_ASSIGN(const auto rows, database_->query("SELECT count(*) FROM clients WHERE task_name = ? AND master_identity = ?", {task_name, master_identity}));
  return rows.empty() ? 0 : static_cast<int>(as_int(rows[0].at(0)));
}

Result<std::int64_t> Store::add_queued(const QueuedRun& run) {
  std::int64_t ticket = 0;
  PAI_TRY(database_->write([&](Connection& connection) -> Status {
    // One of this run that nobody asked about for long has lost its turn.
    PAI_ASSIGN(const auto rows, connection.query("INSERT OR REPLACE INTO queue(owner, task_name, run_id, clients) VALUES (?, ?, ?, ?) RETURNING ticket",
                                                 {run.owner, run.task_name, run.run_id, std::int64_t{run.clients}}));
    if (rows.empty()) return Error(ErrorCode::kInternal, "node.db gave no ticket");
    ticket = as_int(rows[0].at(0));
    return {};
  }));
  return ticket;
}

Status Store::remove_queued(const std::vector<std::int64_t>& tickets) {
  if (tickets.empty()) return {};
  // One that comes back after a crash has nobody who asks about it, and is forgotten after its lease.
  return database_->write(
      [&](Connection& connection) -> Status {
        for (const auto ticket : tickets) PAI_TRY(connection.run("DELETE FROM queue WHERE ticket = ?", {ticket}));
        return {};
      },
      store::Durable::kSoon);
}

Result<std::vector<QueuedRun>> Store::queued() {
  PAI_ASSIGN(const auto rows, database_->query("SELECT ticket, owner, task_name, run_id, clients FROM queue ORDER BY ticket"));
  std::vector<QueuedRun> runs;
  for (const auto& row : rows) {
    runs.push_back({as_int(row.at(0)), as_text(row.at(1)), as_text(row.at(2)), as_text(row.at(3)), static_cast<int>(as_int(row.at(4)))});
  }
  return runs;
}

}  // namespace pai::node
