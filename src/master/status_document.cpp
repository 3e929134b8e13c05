#include "master/status_document.h"

#include "common/base/time.h"
#include "master/followers.h"
#include "master/lifecycle.h"

namespace pai::master {
namespace {

nlohmann::json progress_of(const task::Progress& progress) {
  nlohmann::json document = {{"done", progress.done}, {"total", progress.total}, {"unit", progress.unit}};
  document["seconds_left"] = progress.seconds_left.has_value() ? nlohmann::json(*progress.seconds_left) : nullptr;
  document["per_second"] = progress.per_second.has_value() ? nlohmann::json(*progress.per_second) : nullptr;
  return document;
}

/// While the task waits for its turn: where, as far as its node was asked.
void tell_place(const LiveTask& task, nlohmann::json& client) {
  client["queue_position"] = nullptr;
  if (!task.places.waiting) return;
  client["phase"] = "queue";
  const auto id = client["id"].get<std::size_t>();
  if (id < task.places.positions.size() && task.places.positions[id].has_value()) client["queue_position"] = *task.places.positions[id];
}

nlohmann::json client_of(const ClientView& client) {
  const auto& status = client.status;
  nlohmann::json document = {{"id", client.id},
                             {"role", task::role_name(client.role)},
                             {"node", client.node},
                             {"state", task::client_state_folded(status.state)},
                             {"phase", status.progress.phase},
                             {"progress", progress_of(status.progress)},
                             {"n_batches", nullptr},
                             {"reason", status.reason},
                             {"blames", nullptr},
                             {"exit_code", nullptr},
                             {"signal", nullptr},
                             {"started_at", time_or_null(status.started_at)},
                             {"ended_at", time_or_null(status.ended_at)},
                             {"reachable", !client.unreachable_since.has_value()}};
  // Folded, it is Created like the others: this says which party is waited for.
  if (status.state == task::ClientState::kAwaitingApproval) document["reason"] = "waits for the approval of the data owner";
  if (status.n_batches.has_value()) document["n_batches"] = *status.n_batches;
  if (status.blames.has_value()) document["blames"] = *status.blames;
  if (status.exit_code.has_value()) document["exit_code"] = *status.exit_code;
  if (status.signal.has_value()) document["signal"] = *status.signal;
  if (client.unreachable_since.has_value()) {
    document["since"] = time_or_null(unix_seconds() - (steady_seconds() - *client.unreachable_since));
  }
  return document;
}

}  // namespace

nlohmann::json time_or_null(double seconds) {
  if (seconds <= 0) return nullptr;
  auto text = utc_text(seconds);
  return text.empty() ? nlohmann::json() : nlohmann::json(std::move(text));
}

nlohmann::json status_document(const LiveTask& task, const std::vector<ClientView>& clients) {
  if (!task.exists) return not_exist_document(task.name);
  const auto& record = task.record;
  nlohmann::json document = {{"status", "ok"},
                             {"msg", task::task_state_folded(record.state)},
                             {"task_name", task.name},
                             {"state", task::task_state_name(record.state)},
                             {"cause", record.cause},
                             {"cause_client", nullptr},
                             {"created_by", nullptr},
                             {"trace_id", nullptr},
                             {"created_at", time_or_null(record.created_at)},
                             {"started_at", time_or_null(record.started_at)},
                             {"ended_at", time_or_null(record.ended_at)},
                             {"clients", nlohmann::json::array()},
                             {"unconfirmed", nlohmann::json::array()}};
  if (record.cause_client >= 0) document["cause_client"] = record.cause_client;
  if (!record.trace.empty()) document["trace_id"] = record.trace.id_text();
  if (!record.created_by.empty()) document["created_by"] = record.created_by;
  for (const auto& client : clients) {
    document["clients"].push_back(client_of(client));
    tell_place(task, document["clients"].back());
  }
  for (const auto& intent : task.intents) {
    document["unconfirmed"].push_back({{"client", intent.client},
                                       {"node", intent.node.text()},
                                       {"what", intent.kind == Intent::Kind::kDelete ? "delete" : "stop"}});
  }
  return document;
}

nlohmann::json not_exist_document(const std::string& name) {
  return {{"status", "ok"},  {"msg", "NotExist"},   {"task_name", name},     {"state", "NotExist"},
          {"cause", ""},     {"cause_client", nullptr}, {"created_by", nullptr}, {"trace_id", nullptr}, {"created_at", nullptr}, {"started_at", nullptr},
          {"ended_at", nullptr}, {"clients", nlohmann::json::array()}, {"unconfirmed", nlohmann::json::array()}};
}

}  // namespace pai::master
