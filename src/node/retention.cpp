#include "node/retention.h"

#include <algorithm>
#include <map>

#include "common/audit/log.h"
#include "common/log/log.h"
#include "node/client_log.h"
#include "node/entry.h"
#include "node/supervisor.h"

namespace pai::node {
namespace {

constexpr double kDay = 86'400;
constexpr double kLeftAlone = 3'600;
/// So that a node whose rules were just set is not busy with nothing else.
constexpr std::size_t kAtOnce = 1'000;

audit::Entry line(const ClientKey& key, const Status& outcome) {
  return {.who = "retention",
          .credential = "configuration",
          .from = "this machine",
          .method = "POST",
          .path = "/deleteTask",
          .task = key.task_name,
          .decision = outcome.ok() ? "done" : "failed",
          .code = outcome.ok() ? 200 : http_status_of(outcome.error().code()),
          .reason = outcome.ok() ? "" : outcome.error().describe(),
          .parameters = "client=" + std::to_string(key.client),
          .body_sha256 = "",
          .trace_id = log::current_trace().id_text()};
}

}  // namespace

std::vector<EndedTask> ended_tasks(const std::vector<EndedClient>& ended, const std::set<std::string>& unended) {
  std::map<std::string, EndedTask> by_name;
  for (const auto& client : ended) {
    if (unended.contains(client.key.task_name)) continue;
    auto& task = by_name[client.key.task_name];
    task.name = client.key.task_name;
    task.ended_at = std::max(task.ended_at, client.ended_at);
    task.clients.push_back(client);
  }
  std::vector<EndedTask> tasks;
  for (auto& [name, task] : by_name) tasks.push_back(std::move(task));
  std::stable_sort(tasks.begin(), tasks.end(), [](const EndedTask& a, const EndedTask& b) { return a.ended_at > b.ended_at; });
  return tasks;
}

std::vector<EndedTask> tasks_due(const RetentionRules& rules, const std::vector<EndedTask>& ended, double now) {
  std::vector<EndedTask> due;
  for (std::size_t i = 0; i < ended.size(); ++i) {
    const double age = now - ended[i].ended_at;
    const bool old = rules.ended_days > 0 && age > rules.ended_days * kDay;
    const bool many = rules.tasks_max > 0 && i >= static_cast<std::size_t>(rules.tasks_max);
    if ((old || many) && age > kLeftAlone) due.push_back(ended[i]);
  }
  std::reverse(due.begin(), due.end());
  return due;
}

Retention::Retention(Supervisor& supervisor, audit::Log& audit, RetentionRules rules)
    : supervisor_(supervisor), audit_(audit), rules_(rules) {
  if (rules_.any()) thread_ = std::thread([this] { run(); });
}

Retention::~Retention() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
}

bool Retention::stopping() {
  const std::lock_guard lock(mutex_);
  return stopping_;
}

void Retention::run() {
  while (true) {
    sweep();
    std::unique_lock lock(mutex_);
    if (changed_.wait_for(lock, kInterval, [this] { return stopping_; })) return;
  }
}

void Retention::sweep() {
  const auto here = supervisor_.ended_here();
  if (!here.ok()) return log::error("old tasks could not be looked for", {{"fault", here.error().describe()}});
  std::size_t removed = 0;
  for (const auto& task : tasks_due(rules_, here->tasks, now())) {
    for (const auto& client : task.clients) {
      if (removed >= kAtOnce || stopping()) return;
      const auto done = [&](const Status& outcome) { audit_.append(line(client.key, outcome)); };
      if (!audit_.ready().ok()) return;  // no change without its line
      const auto gone = supervisor_.remove_ended(client, rules_.models, here->models_wanted, done);
      if (!gone.ok()) {
        warn("old task could not be removed", client.key, gone.error());
      } else if (*gone) {
        ++removed;
      }
    }
  }
}

}  // namespace pai::node
