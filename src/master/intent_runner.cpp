#include "master/intent_runner.h"

#include "common/log/log.h"
#include "master/ending.h"

namespace pai::master {
namespace {

log::Trace trace_of(LiveTask& task) {
  const std::lock_guard lock(task.mutex);
  return task.record.trace;
}

/// Tells the nodes to forget creations that were taken back. True when all confirmed.
bool carry_out_forgets(Lifecycle& lifecycle, const std::vector<Intent>& intents) {
  std::vector<NodeCall> calls;
  for (const auto& intent : intents) {
    calls.push_back({.node = intent.node,
                     .path = "/createTask",
                     .query = {{"task_name", intent.task_name}, {"client", std::to_string(intent.client)}, {"step", "forget"}},
                     .body = nlohmann::json{{"attempt", intent.attempt}}.dump()});
  }
  if (calls.empty()) return true;
  const auto replies = lifecycle.link().call_all(calls);
  std::vector<std::int64_t> confirmed;
  for (std::size_t i = 0; i < replies.size(); ++i) {
    if (confirms_stopped(replies[i])) confirmed.push_back(intents[i].id);
  }
  return lifecycle.store().remove_intents(confirmed).ok() && confirmed.size() == intents.size();
}

}  // namespace

IntentRunner::IntentRunner(Lifecycle& lifecycle) : lifecycle_(lifecycle), thread_([this] { run(); }) {}

IntentRunner::~IntentRunner() { stop(); }

void IntentRunner::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void IntentRunner::kick() {
  {
    const std::lock_guard lock(mutex_);
    kicked_ = true;
  }
  changed_.notify_all();
}

void IntentRunner::run() {
  std::unique_lock lock(mutex_);
  auto due = Clock::now();
  while (!stopping_) {
    if (due == Clock::time_point::max()) {
      changed_.wait(lock, [&] { return stopping_ || kicked_; });
    } else {
      changed_.wait_until(lock, due, [&] { return stopping_ || kicked_; });
    }
    if (stopping_) return;
    kicked_ = false;
    lock.unlock();
    due = round();
    lock.lock();
  }
}

/// One look at everything that is due; gives the time of the next.
IntentRunner::Clock::time_point IntentRunner::round() {
  const auto& options = lifecycle_.options();
  auto intents = lifecycle_.store().intents();
  if (!intents.ok()) {
    log::error("intents could not be read", {{"why", intents.error().describe()}});
    return Clock::now() + options.intent_backoff_max;
  }
  std::map<std::string, std::vector<Intent>> by_task;
  for (auto& intent : *intents) by_task[intent.task_name].push_back(std::move(intent));
  std::erase_if(turns_, [&](const auto& turn) { return by_task.count(turn.first) == 0; });

  auto next = Clock::time_point::max();
  for (const auto& [name, list] : by_task) {
    const auto [turn, fresh] = turns_.try_emplace(name, Turn{Clock::now(), options.intent_backoff_min});
    if (turn->second.due <= Clock::now()) {
      if (carry_out(name, list)) {
        turns_.erase(turn);
        continue;
      }
      turn->second.due = Clock::now() + turn->second.backoff;
      turn->second.backoff = std::min(turn->second.backoff * 2, options.intent_backoff_max);
    }
    next = std::min(next, turn->second.due);
    const std::lock_guard lock(mutex_);
    if (stopping_) break;
  }
  return next;
}

bool IntentRunner::carry_out(const std::string& task_name, const std::vector<Intent>& intents) {
  const auto task = lifecycle_.table().acquire(task_name);
  if (!task.ok()) return false;
  // An operation of the user on the same task goes first: it carries the intents out itself, or must not be disturbed.
  const auto operation = lifecycle_.try_begin(*task);
  if (!operation.has_value()) return false;
  const log::TraceScope scope(trace_of(**task));
  std::vector<Intent> forgets;
  for (const auto& intent : intents) {
    if (intent.kind == Intent::Kind::kForget) forgets.push_back(intent);
  }
  const bool forgotten = carry_out_forgets(lifecycle_, forgets);
  const auto unconfirmed = carry_out_intents(lifecycle_, *task);
  if (!unconfirmed.ok()) {
    log::error("confirmation of a node was not stored", {{"task", task_name}, {"why", unconfirmed.error().describe()}});
    return false;
  }
  return forgotten && unconfirmed->empty();
}

}  // namespace pai::master
