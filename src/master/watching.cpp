// What those who watch a task are sent: Lifecycle's third part.
#include "common/http/message.h"
#include "common/log/log.h"
#include "master/lifecycle.h"
#include "master/status_document.h"

namespace pai::master {
namespace {

/// The client whose test record the task has: the label client of a training.
std::optional<std::size_t> recorder_of(const LiveTask& task) {
  if (!task.exists || task.record.spec->family() == task::Family::kAlignment) return std::nullopt;
  for (const auto& client : task.record.spec->clients) {
    if (client.role == task::Role::kLabelClient) return static_cast<std::size_t>(client.id);
  }
  return std::nullopt;
}

}  // namespace

void Lifecycle::show(const TaskPtr& task) {
  task->changed.notify_all();
  std::erase_if(task->watchers, [](const Watcher& watcher) { return watcher.stream->closed(); });
  if (task->watchers.empty()) return;
  const bool fetching = send_record(task);
  const bool ends = task::is_terminal(task->record.state);
  if (ends && fetching) return;  // the rows come first; the fetch shows the end then
  const auto document = status_document(*task, views(*task)).dump();
  for (const auto& watcher : task->watchers) watcher.stream->push("status", document);
  if (!ends) return;
  for (const auto& watcher : task->watchers) watcher.stream->finish();
  task->watchers.clear();
}

bool Lifecycle::send_record(const TaskPtr& task) {
  const auto recorder = recorder_of(*task);
  if (!recorder.has_value()) return false;
  auto& feed = task->record_feed;
  feed.begin(task->record.run_id);
  const auto& status = task->clients[*recorder];
  if (!status.record.has_value() || status.run_id != task->record.run_id) return false;
  const bool missing = feed.take(*status.record);
  for (auto& watcher : task->watchers) feed.send(watcher);
  if (!missing || stopping_) return false;
  if (feed.fetching) return true;
  if (feed.failed && task::is_terminal(task->record.state)) return false;
  feed.fetching = true;
  auto call = client_call(*task, static_cast<int>(*recorder), "/monitor");
  call.method = http::Method::kGet;
  call.query.emplace_back("query", "record");
  call.query.emplace_back("from", std::to_string(feed.next()));
  calls_.post([this, task, run_id = task->record.run_id, call = std::move(call)] {
    fetch_record(task, run_id, call);
  });
  return true;
}

void Lifecycle::fetch_record(const TaskPtr& task, const std::string& run_id, const NodeCall& call) {
  const auto reply = link_.call(call);
  auto answer = reply.ok() ? record_in(reply.document) : std::nullopt;
  const std::lock_guard lock(task->mutex);
  auto& feed = task->record_feed;
  if (feed.run_id() != run_id) return;  // another run has begun, and fetches for itself
  const auto known = feed.next();
  if (answer.has_value()) feed.take(std::move(answer->columns), answer->first, std::move(answer->rows));
  feed.fetching = false;
  feed.failed = feed.next() == known;
  if (!answer.has_value()) {
    log::warning("test record could not be fetched",
                 {{"task", task->name},
                  {"why", reply.error.has_value() ? reply.error->message() : "it is malformed"}});
  }
  if (!task->exists) return;
  // Without news and before the end, the next status tries again.
  if (task::is_terminal(task->record.state)) {
    show(task);
  } else if (!feed.failed) {
    (void)send_record(task);  // and the next rows, if there are more than one answer takes
  }
}

}  // namespace pai::master
