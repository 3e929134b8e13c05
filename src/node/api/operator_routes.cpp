#include "node/api/operator_routes.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <memory>
#include <set>
#include <string>
#include <utility>

#include <nlohmann/json.hpp>

#include "common/audit/metrics.h"
#include "common/http/router.h"
#include "common/io/space.h"
#include "common/store/write_probe.h"
#include "node/api/task_routes.h"
#include "node/entry.h"

namespace pai::node::api {
namespace {

using http::Method;
using http::Reply;
using http::Request;

// The handshake between clients; a node only passes tasks on, but who asks wants to know what its clients
// speak.
constexpr int kProtocolVersion = 1;

constexpr const char* kClients = "pai_node_clients";
constexpr const char* kRequests = "pai_http_requests_total";
constexpr const char* kRequestSeconds = "pai_http_request_seconds";
constexpr const char* kCertificate = "pai_certificate_expiry_timestamp_seconds";
constexpr const char* kRunning = "pai_node_running_clients";
constexpr const char* kRunningMax = "pai_node_running_clients_max";
constexpr const char* kQueue = "pai_node_queue_length";
constexpr const char* kGrants = "pai_node_grants";
constexpr const char* kPolicyFaulty = "pai_node_policy_faulty";
constexpr const char* kDiskFree = "pai_disk_free_bytes";
constexpr const char* kDiskUsed = "pai_disk_used_bytes";
constexpr const char* kBuild = "pai_build_info";

constexpr std::array kClientStates = {
    task::ClientState::kPrepared, task::ClientState::kAwaitingApproval, task::ClientState::kCreated,
    task::ClientState::kStarting, task::ClientState::kRunning,          task::ClientState::kStopping,
    task::ClientState::kFinished, task::ClientState::kFailed,           task::ClientState::kStopped,
    task::ClientState::kRejected,
};

Reply live(const OperatorContext& context) {
  if (context.loop.responsive()) return http::ok_reply({{"msg", "alive"}});
  return http::error_reply(Error(ErrorCode::kUnavailable, "the loop that watches clients hangs"));
}

Reply ready(const OperatorContext& context, store::WriteProbe& database) {
  if (context.draining)
    return http::error_reply(Error(ErrorCode::kUnavailable, "the daemon is stopping; clients run on"));
  if (auto writable = database.ask(); !writable.ok()) {
    return http::error_reply(Error(ErrorCode::kUnavailable, "node.db cannot be written: " + writable.error().message()));
  }
  if (auto audited = context.audit.ready(); !audited.ok()) return http::error_reply(audited.error());
  return live(context).status == 200 ? http::ok_reply({{"msg", "ready"}}) : live(context);
}

Reply version(const OperatorContext& context) {
  nlohmann::json document{{"msg", PAI_VERSION},
                          {"program", "pai-node"},
                          {"version", PAI_VERSION},
                          {"protocol", kProtocolVersion},
                          {"node", context.settings.name},
                          {"time", now()},
                          {"certificate_not_after", nullptr}};
  if (const std::int64_t end = context.certificate_not_after; end != 0)
    document["certificate_not_after"] = end;
  if (context.settings.max_running > 0) {
    if (auto queue = queue_of(context.settings, context.store); queue.ok()) document["queue"] = *std::move(queue);
  }
  return http::ok_reply(std::move(document));
}

void set_space(service::Metrics& metrics, const char* folder, const io::Root& root) {
  const auto space = io::space_of(root.fd());
  if (!space.ok()) return;
  metrics.set(kDiskFree, {{"folder", folder}}, static_cast<double>(space->free));
  metrics.set(kDiskUsed, {{"folder", folder}}, static_cast<double>(space->used));
}

/// A type that has clients has a sample for every state, so that a graph begins at 0.
void set_clients(service::Metrics& metrics, Store& store) {
  const auto counts = store.counts();
  if (!counts.ok()) return;  // what can't be read now stays as it was told last
  std::set<std::string> types;
  for (const auto& each : *counts) types.insert(each.type);
  std::vector<service::Metrics::Sample> samples;
  for (const auto& type : types) {
    for (const auto state : kClientStates) {
      const auto found = std::find_if(counts->begin(), counts->end(),
                                      [&](const ClientCount& each) { return each.type == type && each.state == state; });
      samples.push_back({{{"state", std::string(task::client_state_name(state))}, {"type", type}},
                         found == counts->end() ? 0 : static_cast<double>(found->clients)});
    }
  }
  metrics.replace(kClients, samples);
}

}  // namespace

std::vector<DeclaredRoute> operator_routes(const OperatorContext& context) {
  const auto route = [](std::string path, std::function<Reply(const Request&)> handler) {
    return DeclaredRoute{
        .parameters = {},
        .route = {.method = Method::kGet, .path = std::move(path), .handler = std::move(handler)}};
  };
  const auto probe = std::make_shared<store::WriteProbe>([&store = context.store] { return store.probe(); });
  return {
      route("/livez", [context](const Request&) { return live(context); }),
      route("/readyz", [context, probe](const Request&) { return ready(context, *probe); }),
      route("/version", [context](const Request&) { return version(context); }),
      route("/metrics",
            [context](const Request&) {
              Reply reply;
              reply.content_type = "text/plain; version=0.0.4; charset=utf-8";
              reply.body = context.metrics.scrape();
              return reply;
            }),
  };
}

void describe_metrics(const OperatorContext& context) {
  using Kind = service::Metrics::Kind;
  service::Metrics& described = context.metrics;
  described.describe(kClients, Kind::kGauge, "Clients at this node, by state and type.");
  described.describe(kRunning, Kind::kGauge, "Clients that run now.");
  described.describe(kRunningMax, Kind::kGauge, "Clients that may run at once (max_running); 0 for any number.");
  described.describe(kQueue, Kind::kGauge, "Runs of tasks that wait for their turn here.");
  described.describe(kRequests, Kind::kCounter, "HTTP requests answered, by method, route and code.");
  described.describe(kRequestSeconds, Kind::kHistogram, "Time from a request's last byte to its answer, by route.");
  described.describe(kCertificate, Kind::kGauge, "Unix time at which the own certificate ends; absent without TLS.");
  described.describe(kGrants, Kind::kGauge, "Grants of the data owner that hold, from the policy file and made with paictl.");
  described.describe(kPolicyFaulty, Kind::kGauge, "1 while the policy file has faults and what stood there before is in use, else 0.");
  described.describe(kDiskFree, Kind::kGauge, "Bytes free on the file system of the folder.");
  described.describe(kDiskUsed, Kind::kGauge, "Bytes in use on the file system of the folder, by whomever.");
  audit::describe_metrics(described);
  described.describe(kBuild, Kind::kGauge, "Always 1; the labels say what runs.");
  described.set(kBuild, {{"program", "pai-node"}, {"version", PAI_VERSION}}, 1);
  described.on_scrape([context](service::Metrics& metrics) {
    set_clients(metrics, context.store);
    metrics.set(kRunning, {}, context.slots.running());
    metrics.set(kRunningMax, {}, context.slots.running_max());
    metrics.set(kQueue, {}, context.slots.waiting());
    audit::refresh_metrics(context.audit, metrics);
    if (const auto held = context.grants.list(); held.ok()) {
      const auto in_file = static_cast<double>(std::count_if(held->begin(), held->end(), [](const auto& each) { return each.in_file; }));
      metrics.set(kGrants, {{"from", "policy"}}, in_file);
      metrics.set(kGrants, {{"from", "paictl"}}, static_cast<double>(held->size()) - in_file);
    }
    metrics.set(kPolicyFaulty, {}, context.grants.file_fault().empty() ? 0 : 1);
    set_space(metrics, "datasets", context.folders.datasets());
    set_space(metrics, "tasks", context.folders.tasks());
    if (const std::int64_t end = context.certificate_not_after; end != 0) metrics.set(kCertificate, {}, static_cast<double>(end));
  });
}

http::Observer make_observer(service::Metrics& metrics) {
  return [&metrics](Method method, std::string_view route, int status, double seconds) {
    const std::string path(route);
    metrics.count(kRequests,
                  {{"method", std::string(http::method_name(method))}, {"route", path}, {"code", std::to_string(status)}});
    metrics.observe(kRequestSeconds, {{"route", path}}, seconds);
  };
}

}  // namespace pai::node::api
