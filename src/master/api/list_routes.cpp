#include "master/api/routes.h"

#include <algorithm>
#include <array>
#include <thread>

#include "common/base/text.h"
#include "master/status_document.h"

namespace pai::master::api {
namespace {

using http::Method;
using http::Request;

constexpr std::chrono::milliseconds kProbeTimeout{2'000};

/// Every name that `status=` knows: the exact ones, and the folded ones that users see as msg.
constexpr std::array<std::string_view, 13> kStatusNames = {
    "Created", "Running", "Finished", "Failed", "Stopped", "NotExist", "Creating", "AwaitingApproval", "Starting",
    "Stopping(Failed)", "Stopping(Stopped)", "Rejected", "Deleting"};

Result<ListQuery> page_query(const Request& request) {
  PAI_ASSIGN(const auto limit, integer_parameter(request, "limit", 100, 1, 1'000));
  PAI_ASSIGN(const auto page, integer_parameter(request, "page", 1, 1, 1'000'000'000));
  return ListQuery{.limit = limit, .page = page};
}

Result<ListQuery> list_query(const Request& request) {
  PAI_ASSIGN(auto query, page_query(request));
  const auto status = request.optional("status");
  if (status.has_value() && std::find(kStatusNames.begin(), kStatusNames.end(), *status) == kStatusNames.end()) {
    auto error = Error(ErrorCode::kInvalid, "status: \"" + printable(*status, 40) + "\" is not a state of a task");
    const auto near = nearest(*status, kStatusNames);
    if (near.has_value()) return std::move(error).with_hint("did you mean \"" + std::string(*near) + "\"?");
    return std::move(error).with_hint("Created, Running, Finished, Failed, Stopped, or an exact state");
  }
  query.state = status.value_or("");
  query.search = request.optional("search").value_or("");
  return query;
}

nlohmann::json page_document(const ListQuery& query, std::int64_t total, std::string_view key, nlohmann::json items) {
  return {{"msg", std::to_string(total) + " " + std::string(key)},
          {"total", total},
          {"limit", query.limit},
          {"page", query.page},
          {std::string(key), std::move(items)}};
}

Result<nlohmann::json> list_tasks(Lifecycle& lifecycle, const Request& request) {
  PAI_ASSIGN(const auto query, list_query(request));
  PAI_ASSIGN(const auto page, lifecycle.store().list_tasks(query));
  nlohmann::json tasks = nlohmann::json::array();
  for (const auto& task : page.items) {
    tasks.push_back({{"task_name", task.name},
                     {"msg", task::task_state_folded(task.state)},
                     {"state", task::task_state_name(task.state)},
                     {"clients", task.client_count},
                     {"cause", task.cause},
                     {"created_by", task.created_by.empty() ? nlohmann::json() : nlohmann::json(task.created_by)},
                     {"created_at", time_or_null(task.created_at)},
                     {"started_at", time_or_null(task.started_at)},
                     {"ended_at", time_or_null(task.ended_at)}});
  }
  return page_document(query, page.total, "tasks", std::move(tasks));
}

Result<nlohmann::json> list_datasets(Lifecycle& lifecycle, const Request& request) {
  PAI_ASSIGN(const auto query, list_query(request));
  PAI_ASSIGN(const auto page, lifecycle.store().list_datasets(query));
  nlohmann::json datasets = nlohmann::json::array();
  for (const auto& record : page.items) {
    nlohmann::json entry = {{"task_name", record.task_name},
                            {"state", task::task_state_name(record.task_state)},
                            {"client", record.client},
                            {"node", record.node},
                            {"out_data_path", record.out_data_path},
                            {"files", record.files},
                            {"rows", nullptr},
                            {"columns", nullptr},
                            {"alignment_id", nullptr}};
    if (record.finished) {
      entry["rows"] = {record.train_rows, record.test_rows};
      entry["columns"] = record.columns;
      entry["alignment_id"] = record.alignment_id;
    }
    datasets.push_back(std::move(entry));
  }
  return page_document(query, page.total, "datasets", std::move(datasets));
}

/// Asks one node who it is. The clock difference is to the middle of the call.
nlohmann::json probe(NodeLink& link, const std::string& name, const http::Endpoint& node) {
  nlohmann::json entry = {{"name", name},           {"node", node.text()},      {"addr", node.host},
                          {"http_port", node.port}, {"identity", node.identity}, {"reachable", false},
                          {"version", nullptr},     {"clock_skew_s", nullptr},  {"certificate_days_left", nullptr},
                          {"reason", nullptr}};
  const double before = unix_seconds();
  const auto reply =
      link.call({.node = node, .method = Method::kGet, .path = "/version", .timeout = kProbeTimeout});
  const double after = unix_seconds();
  entry["reachable"] = reply.answered();
  if (!reply.ok()) {
    entry["reason"] = reply.error.has_value() ? reply.error->message() : "no answer";
    return entry;
  }
  const auto& said = reply.document;
  if (name.empty() && said.contains("node") && said["node"].is_string()) entry["name"] = said["node"];
  if (said.contains("version") && said["version"].is_string()) entry["version"] = said["version"];
  if (said.contains("time") && said["time"].is_number()) {
    entry["clock_skew_s"] = said["time"].get<double>() - (before + after) / 2;
  }
  if (said.contains("certificate_not_after") && said["certificate_not_after"].is_number()) {
    entry["certificate_days_left"] =
        static_cast<std::int64_t>(std::clamp((said["certificate_not_after"].get<double>() - after) / 86'400, -1e6, 1e6));
  }
  return entry;
}

/// Leaves the items of the asked page.
template <class Item>
void keep_page(std::vector<Item>& items, const ListQuery& query) {
  const auto first = std::min(static_cast<std::size_t>((query.page - 1) * query.limit), items.size());
  items.erase(items.begin(), items.begin() + static_cast<std::ptrdiff_t>(first));
  if (items.size() > static_cast<std::size_t>(query.limit)) items.resize(static_cast<std::size_t>(query.limit));
}

Result<nlohmann::json> list_nodes(Lifecycle& lifecycle, const Request& request) {
  PAI_ASSIGN(const auto query, page_query(request));
  const auto status = request.optional("status");
  if (status && *status != "reachable" && *status != "unreachable") {
    return Error(ErrorCode::kInvalid, "status: \"" + printable(*status, 40) + "\" is not a state of a node")
        .with_hint("reachable or unreachable");
  }
  std::vector<ConfiguredNode> nodes = lifecycle.policy().configured();
  if (nodes.empty()) {
    PAI_ASSIGN(const auto seen, lifecycle.store().nodes());
    for (const auto& node : seen) nodes.push_back({"", node});
  }
  // Who is reachable is known only after asking: then all are asked, else those of the page.
  auto total = nodes.size();
  if (!status) keep_page(nodes, query);
  std::vector<nlohmann::json> entries(nodes.size());
  constexpr std::size_t kAtOnce = 16;
  for (std::size_t begin = 0; begin < nodes.size(); begin += kAtOnce) {
    std::vector<std::thread> probes;
    for (std::size_t i = begin; i < std::min(nodes.size(), begin + kAtOnce); ++i) {
      probes.emplace_back([&, i] { entries[i] = probe(lifecycle.link(), nodes[i].name, nodes[i].endpoint); });
    }
    for (auto& thread : probes) thread.join();
  }
  if (status) {
    std::erase_if(entries, [&](const nlohmann::json& entry) { return entry.value("reachable", false) != (*status == "reachable"); });
    total = entries.size();
    keep_page(entries, query);
  }
  return page_document(query, static_cast<std::int64_t>(total), "nodes", entries);
}

}  // namespace

std::vector<DeclaredRoute> list_routes(Context& context) {
  auto& lifecycle = context.lifecycle;
  const auto route = [&](std::string path, std::vector<std::string_view> parameters, bool slow, auto work) {
    return DeclaredRoute{.methods = {Method::kGet},
                         .path = std::move(path),
                         .parameters = std::move(parameters),
                         .slow = slow,
                         .handler = [&lifecycle, work](const Request& request) { return to_reply(work(lifecycle, request)); }};
  };
  return {
      route("/listTasks", {"limit", "page", "status", "search"}, false, list_tasks),
      route("/listDatasets", {"limit", "page", "status", "search"}, false, list_datasets),
      route("/listNodes", {"limit", "page", "status"}, true, list_nodes),
  };
}

}  // namespace pai::master::api
