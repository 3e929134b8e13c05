#include "node/api/task_routes.h"

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "common/audit/request_entry.h"
#include "common/disclosure/explanation.h"
#include "common/log/log.h"
#include "common/task/account.h"
#include "common/task/test_record.h"
#include "node/api/parameters.h"
#include "node/logs.h"
#include "node/training_record.h"

namespace pai::node::api {
namespace {

using http::Method;
using http::Reply;
using http::Request;
using nlohmann::json;

json answer_with(json msg, const task::ClientStatus& status) {
  return {{"msg", std::move(msg)}, {"client", task::to_json(status)}};
}

/// The data set that the client reads: the master compares the parties'.
json with_dataset(json answer, const std::optional<UsedDataset>& dataset) {
  answer["dataset"] = to_json(dataset);
  return answer;
}

Caller caller_with_certificate(const Request& request) {
  return {caller_of(request), request.identity};
}

json state_name(const task::ClientStatus& status) {
  return task::client_state_folded(status.state);
}

json answer_of(const task::ClientStatus& status) {
  return answer_with(state_name(status), status);
}

Result<json> create_task(const TaskContext& context, const Request& request) {
  PAI_ASSIGN(const auto key, client_key(request));
  PAI_ASSIGN(const std::string step, request.required("step"));
  const std::string caller = caller_of(request);
  if (step == "prepare") {
    PAI_ASSIGN(const auto body, preparation(request, /*with_attempt=*/true));
    PAI_ASSIGN(const auto seen, context.supervisor.prepare(caller_with_certificate(request), key, body));
    if (request.identity) {
      log::info("client was prepared by", {{"task", key.task_name},
                                           {"client", key.client},
                                           {"master", caller},
                                           {"certificate", request.identity->fingerprint}});
    }
    return with_dataset(answer_with("prepared", seen.status), seen.dataset);
  }
  if (step == "commit") {
    PAI_ASSIGN(const auto attempt_name, attempt(request));
    PAI_ASSIGN(const auto status, context.supervisor.commit(caller, key, attempt_name));
    return answer_of(status);
  }
  if (step == "forget") {
    PAI_ASSIGN(const auto attempt_name, attempt(request));
    PAI_TRY(context.supervisor.forget(caller, key, attempt_name));
    return json{{"msg", "forgotten"}};
  }
  return Error(ErrorCode::kInvalid, "step must be prepare, commit or forget")
      .with_detail({ErrorDetail::Kind::kPath, "step", "must be prepare, commit or forget"});
}

Result<json> check_task(const TaskContext& context, const Request& request) {
  PAI_ASSIGN(const auto key, client_key(request));
  PAI_ASSIGN(const auto body, preparation(request, /*with_attempt=*/false));
  PAI_ASSIGN(const auto checked, context.supervisor.check(caller_with_certificate(request), key, body));
  // What a start would have to wait for.
  const char* approval = checked.found.allowed.manual ? "manual" : "automatic";
  auto answer = with_dataset({{"msg", "checked"}, {"approval", approval}}, checked.found.dataset);
  answer["discloses"] = disclosure::to_json(checked.spec, disclosure::leaving(checked.spec, key.client));
  return answer;
}

Result<json> start_task(const TaskContext& context, const Request& request) {
  PAI_ASSIGN(const auto key, client_key(request));
  PAI_ASSIGN(const bool check, flag(request, "check"));
  PAI_ASSIGN(const bool resume, flag(request, "resume"));
  if (check) {
    PAI_ASSIGN(const auto seen, context.supervisor.check_start(caller_with_certificate(request), key, resume));
    auto answer = with_dataset(answer_of(seen.status), seen.dataset);
    if (context.settings.max_running > 0) {
      PAI_ASSIGN(answer["queue"], queue_of(context.settings, context.store));
    }
    return answer;
  }
  PAI_ASSIGN(const std::string run_id, request.required("run_id"));
  PAI_ASSIGN(const auto status, context.supervisor.start(caller_with_certificate(request), key, run_id, resume));
  return answer_of(status);
}

Result<json> assign_port(const TaskContext& context, const Request& request) {
  PAI_ASSIGN(const auto key, client_key(request));
  PAI_ASSIGN(const bool check, flag(request, "check"));
  PAI_ASSIGN(const auto wish, port_wish(request));
  PAI_ASSIGN(const auto port, context.supervisor.assign_port(caller_of(request), key, wish.attempt, wish.avoid, check));
  json answer{{"msg", "assigned"}, {"computation_port", port}};
  if (!check) context.audit.append(audit::entry_of(request, http::ok_reply(answer)));
  return answer;
}

Result<json> queue_task(const TaskContext& context, const Request& request) {
  PAI_ASSIGN(const auto key, client_key(request));
  PAI_ASSIGN(const std::string run_id, request.required("run_id"));
  PAI_ASSIGN(const int clients, client_count(request));
  PAI_ASSIGN(const auto place, context.supervisor.ask_place(caller_with_certificate(request), key, run_id, clients));
  PAI_ASSIGN(auto queue, queue_of(context.settings, context.store));
  queue["position"] = place.position;
  json answer{{"msg", place.position == 0 ? "your turn" : "waits"}, {"queue", std::move(queue)}};
  // A task that waits asks twice a second: its first asking has a line.
  if (place.is_new) context.audit.append(audit::entry_of(request, http::ok_reply(answer)));
  return answer;
}

Result<json> stop_task(const TaskContext& context, const Request& request) {
  PAI_ASSIGN(const auto key, client_key(request));
  PAI_ASSIGN(const auto status,
             context.supervisor.stop(caller_of(request), key, request.optional("run_id").value_or(""),
                                     request.optional("reason").value_or("")));
  return status ? answer_of(*status) : json{{"msg", "NotExist"}};
}

Result<json> delete_task(const TaskContext& context, const Request& request) {
  PAI_ASSIGN(const auto key, client_key(request));
  PAI_ASSIGN(const bool datasets, flag(request, "datasets"));
  PAI_ASSIGN(const bool check, flag(request, "check"));
  if (check) {
    PAI_TRY(context.supervisor.check_removal(caller_of(request), key, datasets));
    return json{{"msg", "checked"}};
  }
  PAI_TRY(context.supervisor.remove(caller_of(request), key, datasets));
  return json{{"msg", "deleted"}};
}

constexpr std::array<std::string_view, 6> kQuestions = {"task_status", "data_status", "record", "roc", "traffic", "ledger"};

/// What left the client, as far as the owner shares it. kDenied else.
Result<json> left(const TaskContext& context, const ClientKey& key, const task::ClientStatus& status, std::string_view query) {
  const auto shared = context.settings.share_ledger;
  if (shared == ShareLedger::kNone || (query == "ledger" && shared != ShareLedger::kFull)) {
    return Error(ErrorCode::kDenied, query == "ledger" ? "this node does not share what its clients' ledgers say"
                                                       : "this node does not share what its clients exchange")
        .with_hint("its owner can: share_ledger in the node's configuration");
  }
  if (query == "ledger") {
    PAI_ASSIGN(const auto summary, context.ledgers.summary(context.folders.tasks(), key));
    return answer_with(task::to_json(summary), status);
  }
  PAI_ASSIGN(const auto report, context.folders.report(key, status.run_id));
  return answer_with(task::to_json(report && report->usage ? report->usage->peers : std::vector<task::PeerUsage>()), status);
}

Result<json> monitor(const TaskContext& context, const Request& request) {
  PAI_ASSIGN(const auto key, client_key(request));
  PAI_ASSIGN(const std::string query, request.required("query"));
  if (std::find(kQuestions.begin(), kQuestions.end(), query) == kQuestions.end()) {
    const std::string message = "must be task_status, data_status, record, roc, traffic or ledger";
    return Error(ErrorCode::kInvalid, "query " + message).with_detail({ErrorDetail::Kind::kPath, "query", message});
  }
  PAI_ASSIGN(const auto status, context.supervisor.status(caller_of(request), key));
  if (query == "task_status") {
    json answer = answer_of(status);
    answer["state"] = task::client_state_name(status.state);
    return answer;
  }
  if (query == "data_status") {
    json rows;
    if (status.dataset) rows = {status.dataset->train_rows, status.dataset->test_rows};
    json answer = answer_with(std::move(rows), status);
    answer["dataset"] = status.dataset ? task::to_json(*status.dataset) : json();
    return answer;
  }
  if (query == "roc") {
    PAI_ASSIGN(const auto roc, read_roc(context.folders.tasks(), key));
    return answer_with(roc ? task::to_json(*roc) : json(), status);
  }
  if (query == "traffic" || query == "ledger") return left(context, key, status, query);
  PAI_ASSIGN(const std::uint64_t from, record_from(request));
  PAI_ASSIGN(const auto record, read_record(context.folders.tasks(), key, from));
  auto rows = json::array();
  for (const auto& row : record.rows) rows.push_back(task::row_to_json(row));
  json answer = answer_with(std::move(rows), status);
  answer["columns"] = record.columns;
  answer["first"] = record.first;
  answer["total"] = record.total;
  return answer;
}

Result<json> query_log(const TaskContext& context, const Request& request) {
  PAI_ASSIGN(const auto key, client_key(request));
  PAI_ASSIGN(const std::size_t lines, tail(request));
  PAI_ASSIGN(const auto status, context.supervisor.status(caller_of(request), key));
  PAI_ASSIGN(auto text, log_tail(context.folders.tasks(), key, lines, context.settings.share_logs));
  json answer = answer_with(std::move(text), status);
  answer["shared"] = context.settings.share_logs == ShareLogs::kFull ? "full" : "errors";
  return answer;
}

Result<json> list_tasks(const TaskContext& context, const Request& request) {
  PAI_ASSIGN(const auto query, client_query(request));
  PAI_ASSIGN(const auto page, context.store.list(caller_of(request), query));
  auto clients = json::array();
  for (const auto& stored : page.items) {
    // Of what runs, progress is known here only.
    const auto live = context.board.find({stored.task_name, stored.client});
    clients.push_back(task::to_json(live && live->state == stored.state ? *live : stored));
  }
  return json{{"msg", page.total},
              {"total", page.total},
              {"limit", query.limit},
              {"page", query.page},
              {"clients", std::move(clients)}};
}

using Function = Result<json> (*)(const TaskContext&, const Request&);

/// Every call about one client has these.
std::vector<std::string_view> of_client(std::vector<std::string_view> more = {}) {
  more.insert(more.begin(), {"task_name", "client"});
  return more;
}

DeclaredRoute route(const TaskContext& context, Method method, std::string path,
                    std::vector<std::string_view> parameters, Function function, bool slow = false) {
  return {.parameters = std::move(parameters),
          .route = {.method = method,
                    .path = path,
                    .handler = [context, function](const Request& request) -> Reply {
                      auto answer = function(context, request);
                      return answer.ok() ? http::ok_reply(*std::move(answer)) : http::error_reply(answer.error());
                    },
                    .slow = slow},
          // checkTask keeps nothing; nor do checks of start and delete, but they come with what they check. Places and ports write their own
          // lines, when they are given.
          .mutates = method == Method::kPost && path != "/checkTask" && path != "/queueTask" && path != "/assignPort"};
}

}  // namespace

Result<json> queue_of(const Settings& settings, Store& store) {
  PAI_ASSIGN(const auto id, store.node_id());
  return json{{"node_id", id}, {"max_running", settings.max_running}};
}

std::vector<DeclaredRoute> task_routes(const TaskContext& context) {
  return {
      route(context, Method::kPost, "/createTask", of_client({"step"}), create_task),
      route(context, Method::kPost, "/checkTask", of_client(), check_task),
      route(context, Method::kPost, "/startTask", of_client({"run_id", "check", "resume"}), start_task),
      route(context, Method::kPost, "/assignPort", of_client({"check"}), assign_port),
      route(context, Method::kPost, "/queueTask", of_client({"run_id", "clients"}), queue_task),
      // They wait for a client to end.
      route(context, Method::kPost, "/stopTask", of_client({"run_id", "reason"}), stop_task, /*slow=*/true),
      route(context, Method::kPost, "/deleteTask", of_client({"datasets", "check"}), delete_task, /*slow=*/true),
      route(context, Method::kGet, "/monitor", of_client({"query", "from"}), monitor),
      route(context, Method::kGet, "/queryLog", of_client({"tail"}), query_log),
      route(context, Method::kGet, "/listTasks", {"limit", "page", "status"}, list_tasks),
      {.parameters = {},
       .route = {.method = Method::kGet,
                 .path = "/events",
                 .handler =
                     [context](const Request& request) {
                       Reply reply;
                       reply.content_type = "text/event-stream";
                       reply.events = context.board.subscribe(caller_of(request));
                       return reply;
                     }}},
  };
}

}  // namespace pai::node::api
