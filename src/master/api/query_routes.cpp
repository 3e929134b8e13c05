#include "master/api/routes.h"

#include <array>

#include "common/base/text.h"
#include "common/task/test_record.h"
#include "common/task/validate.h"
#include "master/fan_out.h"
#include "master/node_words.h"
#include "master/record_feed.h"
#include "master/status_document.h"

namespace pai::master::api {
namespace {

using http::Method;
using http::Request;

constexpr std::chrono::milliseconds kQueryDeadline{3'000};
constexpr std::array<std::string_view, 7> kQuestions = {"status", "n_batches", "record", "progress", "waits", "traffic", "roc"};

Error not_found(const std::string& name) {
  return Error(ErrorCode::kNotFound, "task '" + name + "' does not exist");
}

/// What a query needs of a task, copied so that no lock is held while a node is called.
struct Asked {
  TaskPtr task;
  std::shared_ptr<const task::TaskSpec> spec;
  std::vector<task::ClientStatus> clients;
  std::vector<http::Endpoint> nodes;
};

Result<Asked> asked_task(Lifecycle& lifecycle, const Request& request) {
  PAI_ASSIGN(const auto name, request.required("task_name"));
  PAI_ASSIGN(const auto task, lifecycle.existing(name));
  const std::lock_guard lock(task->mutex);
  if (!task->exists) return not_found(name);
  return Asked{task, task->record.spec, task->clients, task->nodes};
}

/// `client=`: an id, or -1 for the last one.
Result<int> asked_client(const Request& request, const Asked& asked) {
  const auto count = static_cast<std::int64_t>(asked.spec->clients.size());
  PAI_ASSIGN(const auto client, integer_parameter(request, "client", -1, -1, count - 1));
  return static_cast<int>(client < 0 ? count - 1 : client);
}

Result<nlohmann::json> status(Lifecycle& lifecycle, const Request& request) {
  PAI_ASSIGN(const auto name, request.required("task_name"));
  PAI_TRY(task::check_task_name(name));
  PAI_ASSIGN(const auto task, lifecycle.table().acquire(name));
  const std::lock_guard lock(task->mutex);
  return status_document(*task, lifecycle.views(*task));
}

Result<nlohmann::json> dataset(Lifecycle& lifecycle, const Request& request) {
  PAI_ASSIGN(const auto asked, asked_task(lifecycle, request));
  PAI_ASSIGN(const auto records, lifecycle.store().datasets_of(asked.task->name));
  nlohmann::json rows = {0, 0};
  nlohmann::json datasets = nlohmann::json::array();
  for (const auto& record : records) {
    nlohmann::json entry = {{"client", record.client},
                            {"node", record.node},
                            {"out_data_path", record.out_data_path},
                            {"files", record.files},
                            {"rows", nullptr},
                            {"columns", nullptr},
                            {"alignment_id", nullptr}};
    if (record.finished) {
      entry["rows"] = {record.train_rows, record.test_rows};
      if (record.task_state == task::TaskState::kFinished) rows = entry["rows"];
      entry["columns"] = record.columns;
      entry["alignment_id"] = record.alignment_id;
    }
    datasets.push_back(std::move(entry));
  }
  return nlohmann::json{{"msg", rows}, {"task_name", asked.task->name}, {"datasets", std::move(datasets)}};
}

/// A test record as answers have it: the rows, and what their columns are.
struct Record {
  nlohmann::json rows = nlohmann::json::array();
  nlohmann::json columns = nlohmann::json::array();
};

/// The record of one client, from its node, which tells a long one in parts.
Result<Record> record_at(Lifecycle& lifecycle, const Asked& asked, int client) {
  Record record;
  std::uint64_t next = 0;
  while (true) {
    NodeCall call{.node = asked.nodes[static_cast<std::size_t>(client)],
                  .method = Method::kGet,
                  .path = "/monitor",
                  .query = {{"query", "record"},
                            {"task_name", asked.task->name},
                            {"client", std::to_string(client)},
                            {"from", std::to_string(next)}}};
    auto reply = lifecycle.link().call(call);
    if (!reply.ok()) return fan_out_error({{&asked.spec->clients[static_cast<std::size_t>(client)], &reply}});
    auto part = record_in(reply.document);
    if (!part.has_value() || part->rows.empty()) return record;
    record.columns = part->columns;
    for (const auto& row : part->rows) record.rows.push_back(task::row_to_json(row));
    next = part->first + part->rows.size();
    if (next >= part->total) return record;
  }
}

Result<nlohmann::json> record(Lifecycle& lifecycle, const Request& request) {
  PAI_ASSIGN(const auto asked, asked_task(lifecycle, request));
  Record record;
  if (asked.spec->family() != task::Family::kAlignment) {
    for (const auto& client : asked.spec->clients) {
      if (client.role != task::Role::kLabelClient) continue;
      PAI_ASSIGN(record, record_at(lifecycle, asked, client.id));
    }
  }
  return nlohmann::json{
      {"msg", std::move(record.rows)}, {"task_name", asked.task->name}, {"columns", std::move(record.columns)}};
}

/// What is known of a client without asking it.
nlohmann::json stored_answer(const task::ClientStatus& status) {
  return {{"state", task::client_state_folded(status.state)},
          {"phase", status.progress.phase},
          {"done", status.progress.done},
          {"total", status.progress.total},
          {"unit", status.progress.unit},
          {"n_batches", status.n_batches.has_value() ? nlohmann::json(*status.n_batches) : nlohmann::json(nullptr)},
          {"record", nlohmann::json::array()},
          {"columns", nlohmann::json::array()},
          {"waits", nlohmann::json::array()},
          {"seconds_left", nullptr},
          {"per_second", nullptr}};
}

/// What is known of it by now; what it was, if the task is gone.
task::ClientStatus status_now(const Asked& asked, int client) {
  const std::lock_guard lock(asked.task->mutex);
  const auto& clients = asked.task->exists ? asked.task->clients : asked.clients;
  return clients.at(static_cast<std::size_t>(client));
}

nlohmann::json picked(const nlohmann::json& answer, std::string_view question) {
  if (question == "status") return answer.at("state");
  if (question == "n_batches") return answer.at("n_batches");
  if (question == "record") return answer.at("record");
  if (question == "waits") return answer.at("waits");
  return {{"phase", answer.at("phase")},
          {"done", answer.at("done")},
          {"total", answer.at("total")},
          {"unit", answer.at("unit")},
          {"seconds_left", answer.at("seconds_left")},
          {"per_second", answer.at("per_second")}};
}

/// What the client's node says, which may be that its owner shares nothing: kDenied then.
Result<NodeReply> told_by_node(Lifecycle& lifecycle, const Asked& asked, int client, std::string path,
                               std::vector<std::pair<std::string, std::string>> query) {
  query.emplace_back("task_name", asked.task->name);
  query.emplace_back("client", std::to_string(client));
  auto reply = lifecycle.link().call({.node = asked.nodes[static_cast<std::size_t>(client)],
                                      .method = Method::kGet,
                                      .path = std::move(path),
                                      .query = std::move(query)});
  const auto& spec = asked.spec->clients[static_cast<std::size_t>(client)];
  if (reply.outcome == NodeReply::Outcome::kRefused && reply.error->code() == ErrorCode::kDenied) {
    return Error(ErrorCode::kDenied, failure_sentence({&spec, &reply})).with_hint(reply.error->hint());
  }
  if (!reply.ok()) return fan_out_error({{&spec, &reply}});
  return reply;
}

/// The node's answer as `read` makes it out, with what it is about.
Result<nlohmann::json> passed_on(const Asked& asked, int client, Result<nlohmann::json> read) {
  const auto& spec = asked.spec->clients[static_cast<std::size_t>(client)];
  if (!read.ok()) return std::move(read).error().in_context(client_label(spec));
  auto document = *std::move(read);
  document["task_name"] = asked.task->name;
  document["client"] = client;
  document["node"] = spec.node();
  return document;
}

/// `traffic` and `roc`: what the client keeps in files, and its node tells, whose owner has a say in it.
Result<nlohmann::json> ask_node(Lifecycle& lifecycle, const Asked& asked, int client, const std::string& question) {
  PAI_ASSIGN(const auto reply, told_by_node(lifecycle, asked, client, "/monitor", {{"query", question}}));
  auto said = question == "roc" ? roc_in(reply.document) : traffic_in(reply.document);
  if (!said.ok()) return std::move(said).error().in_context(client_label(asked.spec->clients[static_cast<std::size_t>(client)]));
  const auto now = status_now(asked, client);
  auto answer = stored_answer(now);
  answer[question] = *said;
  return nlohmann::json{{"msg", *std::move(said)},
                        {"task_name", asked.task->name},
                        {"client", client},
                        {"query", question},
                        {"live", now.state == task::ClientState::kRunning},
                        {"answer", std::move(answer)}};
}

Result<nlohmann::json> ask_client(Context& context, const Request& request) {
  PAI_ASSIGN(const auto question, request.required("query"));
  if (std::find(kQuestions.begin(), kQuestions.end(), question) == kQuestions.end()) {
    auto error = Error(ErrorCode::kInvalid, "query: \"" + printable(question, 40) +
                                                "\" is none of status, n_batches, record, progress, waits, traffic, roc");
    const auto near = nearest(question, kQuestions);
    if (near.has_value()) return std::move(error).with_hint("did you mean \"" + std::string(*near) + "\"?");
    return error;
  }
  PAI_ASSIGN(const auto asked, asked_task(context.lifecycle, request));
  PAI_ASSIGN(const int client, asked_client(request, asked));
  if (question == "traffic" || question == "roc") return ask_node(context.lifecycle, asked, client, question);
  const auto& known = asked.clients[static_cast<std::size_t>(client)];
  const auto& spec = asked.spec->clients[static_cast<std::size_t>(client)];
  bool live = known.state == task::ClientState::kRunning;
  auto answer = stored_answer(known);
  if (live) {
    const auto& node = asked.nodes[static_cast<std::size_t>(client)];
    auto said = context.query.ask({.host = spec.addr, .port = spec.computation_port, .identity = node.identity},
                                  asked.task->name, client, kQueryDeadline);
    const auto now = said.ok() ? known : status_now(asked, client);
    if (!said.ok() && task::is_terminal(now.state)) {
      live = false;  // it ended while it was asked
      answer = stored_answer(now);
    } else if (!said.ok()) {
      return std::move(said).error().in_context(client_label(spec) + " did not answer");
    } else {
      answer = std::move(*said);
    }
  } else if (question == "record" && asked.spec->family() != task::Family::kAlignment) {
    PAI_ASSIGN(auto record, record_at(context.lifecycle, asked, client));
    answer["record"] = std::move(record.rows);
    answer["columns"] = std::move(record.columns);
  }
  return nlohmann::json{{"msg", picked(answer, question)},
                        {"task_name", asked.task->name},
                        {"client", client},
                        {"query", question},
                        {"live", live},
                        {"answer", std::move(answer)}};
}

Result<nlohmann::json> log_end(Lifecycle& lifecycle, const Request& request) {
  PAI_ASSIGN(const auto asked, asked_task(lifecycle, request));
  PAI_ASSIGN(const int client, asked_client(request, asked));
  PAI_ASSIGN(const auto tail, integer_parameter(request, "tail", 100, 1, 10'000));
  PAI_ASSIGN(const auto reply, told_by_node(lifecycle, asked, client, "/queryLog", {{"tail", std::to_string(tail)}}));
  return passed_on(asked, client, log_in(reply.document));
}

Result<nlohmann::json> ledger(Lifecycle& lifecycle, const Request& request) {
  PAI_ASSIGN(const auto asked, asked_task(lifecycle, request));
  PAI_ASSIGN(const int client, asked_client(request, asked));
  PAI_ASSIGN(const auto reply, told_by_node(lifecycle, asked, client, "/monitor", {{"query", "ledger"}}));
  auto read = ledger_in(reply.document);
  if (read.ok()) *read = nlohmann::json{{"msg", *read}};
  return passed_on(asked, client, std::move(read));
}

http::Reply watch(Lifecycle& lifecycle, const Request& request) {
  const auto asked = asked_task(lifecycle, request);
  if (!asked.ok()) return http::error_reply(asked.error());
  const auto task = asked->task;
  auto stream = http::make_event_stream();
  {
    const std::lock_guard lock(task->mutex);
    if (!task->exists) return http::error_reply(not_found(task->name));
    task->record_feed.begin(task->record.run_id);
    const auto seen = request.headers.find("last-event-id");
    task->watchers.push_back(
        {.stream = stream,
         .rows_sent = seen == request.headers.end() ? 0 : task->record_feed.rows_seen(seen->second)});
    if (!task::is_terminal(task->record.state)) {
      stream->push("status", status_document(*task, lifecycle.views(*task)).dump());
      (void)lifecycle.send_record(task);  // what is being fetched comes when it is there
    } else {
      lifecycle.show(task);
    }
  }
  // Holds the task in memory as long as somebody watches it. Outside the lock: it may be called at once.
  stream->on_closed([&lifecycle, task] {
    lifecycle.calls().post([task] {
      const std::lock_guard lock(task->mutex);
      std::erase_if(task->watchers, [](const Watcher& watcher) { return watcher.stream->closed(); });
    });
  });
  return {.content_type = "text/event-stream", .body = "", .events = std::move(stream)};
}

}  // namespace

std::vector<DeclaredRoute> query_routes(Context& context) {
  auto& lifecycle = context.lifecycle;
  const auto route = [&](std::string path, std::vector<std::string_view> parameters, bool slow, auto work) {
    return DeclaredRoute{.methods = {Method::kGet},
                         .path = std::move(path),
                         .parameters = std::move(parameters),
                         .slow = slow,
                         .handler = [&lifecycle, work](const Request& request) { return to_reply(work(lifecycle, request)); }};
  };
  const auto ask = [&context](Lifecycle&, const Request& request) { return ask_client(context, request); };
  std::vector<DeclaredRoute> routes = {
      route("/queryStatus", {"task_name"}, false, status),
      route("/queryDataset", {"task_name"}, false, dataset),
      route("/queryRecord", {"task_name"}, true, record),
      route("/queryTask", {"task_name", "query", "client"}, true, ask),
      route("/queryLog", {"task_name", "client", "tail"}, true, log_end),
      route("/queryLedger", {"task_name", "client"}, true, ledger),
  };
  routes.push_back({.methods = {Method::kGet},
                    .path = "/watchTask",
                    .parameters = {"task_name"},
                    .handler = [&lifecycle](const Request& request) { return watch(lifecycle, request); }});
  return routes;
}

}  // namespace pai::master::api
