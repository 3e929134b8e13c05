#include "master/story.h"

#include <cmath>

#include "common/log/log.h"
#include "master/derive.h"

namespace pai::master {
namespace {

using task::ClientState;
using task::TaskEvent;

std::optional<task::DatasetSummary> first_dataset(const LiveTask& task) {
  for (const auto& client : task.clients) {
    if (client.dataset.has_value()) return client.dataset;
  }
  return std::nullopt;
}

double seconds_run(const LiveTask& task) {
  if (task.record.started_at <= 0 || task.record.ended_at <= 0) return 0;
  return std::round((task.record.ended_at - task.record.started_at) * 1'000) / 1'000;
}

}  // namespace

void tell_transition(const LiveTask& task, TaskEvent event) {
  log::Fields fields = {{"task", task.name}};
  switch (event) {
    case TaskEvent::kCommitted:
      fields.emplace_back("clients", static_cast<unsigned>(task.clients.size()));
      return log::info("task created", fields);
    case TaskEvent::kApprovalNeeded: return log::info("task waits for approval", fields);
    case TaskEvent::kApproved: return log::info("task approved", fields);
    case TaskEvent::kRejected:
      fields.emplace_back("cause", task.record.cause);
      return log::info("task rejected", fields);
    case TaskEvent::kStart: return log::info("task is starting", fields);
    case TaskEvent::kAllStarted: return log::info("task runs", fields);
    case TaskEvent::kAllFinished: {
      if (const auto data = first_dataset(task); data.has_value()) {
        fields.emplace_back("train_rows", data->train_rows);
        fields.emplace_back("test_rows", data->test_rows);
      }
      fields.emplace_back("seconds", seconds_run(task));
      return log::info("task finished", fields);
    }
    case TaskEvent::kFail:
      fields.emplace_back("cause", task.record.cause);
      return log::warning("task fails, its clients are being stopped", fields);
    case TaskEvent::kStop: return log::info("task is being stopped", fields);
    case TaskEvent::kAllEnded: {
      fields.emplace_back("seconds", seconds_run(task));
      if (task.record.state == task::TaskState::kStopped) return log::info("task stopped", fields);
      fields.emplace_back("cause", task.record.cause);
      return log::error("task failed", fields);
    }
    case TaskEvent::kRetry: return log::info("task may be started again", fields);
    case TaskEvent::kDelete: return log::info("task is being deleted", fields);
    case TaskEvent::kForget: return log::info("task deleted", fields);
  }
}

void tell_client(const LiveTask& task, const task::ClientStatus& status) {
  const auto& client = task.client(status.client);
  log::Fields fields = {{"task", task.name},
                        {"client", status.client},
                        {"role", task::role_name(client.role)},
                        {"node", client.node()}};
  switch (status.state) {
    case ClientState::kPrepared:
    case ClientState::kAwaitingApproval:
    case ClientState::kCreated:
    case ClientState::kStarting:
    case ClientState::kStopping: return log::debug("client is " + std::string(client_state_name(status.state)), fields);
    case ClientState::kRunning: return log::info("client runs", fields);
    case ClientState::kFinished: return log::info("client finished", fields);
    case ClientState::kStopped: return log::info("client stopped", fields);
    case ClientState::kRejected:
    case ClientState::kFailed:
      fields.emplace_back("reason", end_of(status));
      return log::warning(status.state == ClientState::kRejected ? "client was rejected" : "client failed", fields);
  }
}

}  // namespace pai::master
