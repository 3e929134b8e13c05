#include "master/meter.h"

#include <array>
#include <string_view>
#include <vector>

#include "common/audit/metrics.h"
#include "common/http/router.h"
#include "common/io/space.h"
#include "master/metered_link.h"

namespace pai::master {
namespace {

using Kind = service::Metrics::Kind;
using service::Metrics;
using task::TaskEvent;
using task::TaskState;

constexpr const char* kTasks = "pai_master_tasks";
constexpr const char* kStarted = "pai_master_tasks_started_total";
constexpr const char* kQueued = "pai_master_tasks_queued";
constexpr const char* kDuration = "pai_master_task_duration_seconds";
constexpr const char* kOrders = "pai_master_unconfirmed_orders";
constexpr const char* kReachable = "pai_master_node_reachable";
constexpr const char* kSkew = "pai_master_node_clock_skew_seconds";
constexpr const char* kNodeCertificate = "pai_master_node_certificate_expiry_timestamp_seconds";
constexpr const char* kRefused = "pai_master_callers_refused_total";
constexpr const char* kCertificate = "pai_certificate_expiry_timestamp_seconds";
constexpr const char* kRequests = "pai_http_requests_total";
constexpr const char* kRequestSeconds = "pai_http_request_seconds";
constexpr const char* kDiskFree = "pai_disk_free_bytes";
constexpr const char* kDiskUsed = "pai_disk_used_bytes";
constexpr const char* kBuild = "pai_build_info";

constexpr std::array kStates = {
    TaskState::kCreating, TaskState::kAwaitingApproval, TaskState::kCreated,  TaskState::kStarting, TaskState::kRunning, TaskState::kStoppingToFailed,
    TaskState::kStoppingToStopped, TaskState::kFinished, TaskState::kFailed,  TaskState::kStopped,  TaskState::kRejected, TaskState::kDeleting};
constexpr std::array kFamilies = {task::Family::kAlignment, task::Family::kSharedNn, task::Family::kSecureXgboost};

std::string type_of(const LiveTask& task) { return std::string(task::family_name(task.record.spec->family())); }

}  // namespace

Meter::Meter(Metrics& metrics) : metrics_(metrics) {
  metrics_.describe(kTasks, Kind::kGauge, "Tasks in the store, by exact state and type.");
  metrics_.describe(kStarted, Kind::kCounter, "Starts of tasks, by type.");
  metrics_.describe(kQueued, Kind::kGauge, "Started tasks that wait for their turn at a node.");
  metrics_.describe(kDuration, Kind::kHistogram, "Time from a task's start to its end, by type and state.",
                    {1, 2.5, 5, 10, 30, 60, 300, 900, 1'800, 3'600, 7'200, 21'600, 86'400});
  metrics_.describe(kOrders, Kind::kGauge, "Orders to stop, delete or forget that nodes did not confirm yet.");
  metrics_.describe(kReachable, Kind::kGauge, "1 while the node answers, else 0.");
  metrics_.describe(kSkew, Kind::kGauge, "The node's clock less the master's.");
  metrics_.describe(kNodeCertificate, Kind::kGauge, "Unix time at which the node's certificate ends; absent without TLS.");
  metrics_.describe(kRefused, Kind::kCounter, "Requests refused for who sent them, by code: 401, 403, 429.");
  metrics_.describe(kCertificate, Kind::kGauge, "Unix time at which the own certificate ends; absent without TLS.");
  metrics_.describe(kRequests, Kind::kCounter, "HTTP requests answered, by method, route and code.");
  metrics_.describe(kRequestSeconds, Kind::kHistogram, "Time from a request's last byte to its answer, by route.");
  metrics_.describe(kDiskFree, Kind::kGauge, "Bytes free on the file system of the folder.");
  metrics_.describe(kDiskUsed, Kind::kGauge, "Bytes in use on the file system of the folder, by whomever.");
  metrics_.describe(kBuild, Kind::kGauge, "Always 1; the labels say what runs.");
  metrics_.set(kBuild, {{"program", "pai-master"}, {"version", PAI_VERSION}}, 1);
  for (const auto family : kFamilies) {
    for (const auto state : {TaskState::kFinished, TaskState::kFailed, TaskState::kStopped}) {
      metrics_.begin(kDuration, {{"type", std::string(task::family_name(family))}, {"state", std::string(task::task_state_name(state))}});
    }
  }
  describe_link_metrics(metrics_);
  audit::describe_metrics(metrics_);
}

void Meter::request(http::Method method, std::string_view route, int status, double seconds) {
  metrics_.count(kRequests, {{"method", std::string(http::method_name(method))},
                             {"route", std::string(route)},
                             {"code", std::to_string(status)}});
  metrics_.observe(kRequestSeconds, {{"route", std::string(route)}}, seconds);
}

void Meter::refusal(int status) { metrics_.count(kRefused, {{"code", std::to_string(status)}}); }

void Meter::transition(const LiveTask& task, TaskEvent event) {
  if (event == TaskEvent::kStart) metrics_.count(kStarted, {{"type", type_of(task)}});
  const auto& record = task.record;
  if (!task::is_terminal(record.state) || record.started_at <= 0 || record.ended_at < record.started_at) return;
  metrics_.observe(kDuration, {{"type", type_of(task)}, {"state", std::string(task::task_state_name(record.state))}},
                   record.ended_at - record.started_at);
}

void Meter::show_tasks(Store& store) {
  // What can't be read now stays as it was told last.
  if (const auto counts = store.counts(); counts.ok()) {
    for (const auto state : kStates) {
      for (const auto family : kFamilies) {
        const std::pair key{std::string(task::task_state_name(state)), std::string(task::family_name(family))};
        const auto found = counts->find(key);
        metrics_.set(kTasks, {{"state", key.first}, {"type", key.second}},
                     found == counts->end() ? 0 : static_cast<double>(found->second));
      }
    }
  }
  if (const auto orders = store.intent_count(); orders.ok()) metrics_.set(kOrders, {}, static_cast<double>(*orders));
}

void Meter::show_queue(int tasks) { metrics_.set(kQueued, {}, tasks); }

void Meter::show_disk(const io::Root& data_dir) {
  const auto space = io::space_of(data_dir.fd());
  if (!space.ok()) return;
  metrics_.set(kDiskFree, {{"folder", "data"}}, static_cast<double>(space->free));
  metrics_.set(kDiskUsed, {{"folder", "data"}}, static_cast<double>(space->used));
}

void Meter::show_nodes(const std::map<std::string, NodeReading>& asked, const std::map<std::string, bool>& followed) {
  std::vector<Metrics::Sample> reachable;
  std::vector<Metrics::Sample> skew;
  std::vector<Metrics::Sample> certificates;
  auto is_up = followed;
  for (const auto& [node, reading] : asked) {
    is_up.emplace(node, reading.reachable);  // what is followed is known better
    if (reading.clock_skew_s) skew.push_back({{{"node", node}}, *reading.clock_skew_s});
    if (reading.certificate_not_after) certificates.push_back({{{"node", node}}, *reading.certificate_not_after});
  }
  for (const auto& [node, up] : is_up) reachable.push_back({{{"node", node}}, up ? 1.0 : 0.0});
  metrics_.replace(kReachable, reachable);
  metrics_.replace(kSkew, skew);
  metrics_.replace(kNodeCertificate, certificates);
}

void Meter::show_certificate(std::int64_t not_after) {
  if (not_after > 0) metrics_.set(kCertificate, {}, static_cast<double>(not_after));
}

}  // namespace pai::master
