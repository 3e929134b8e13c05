#include "master/retention.h"

#include <algorithm>

#include "common/log/log.h"
#include "master/ending.h"

namespace pai::master {
namespace {

constexpr double kDay = 86'400;
constexpr std::int64_t kPage = 1'000;
/// So that a master whose rules were just set is not busy with nothing else.
constexpr std::size_t kAtOnce = 1'000;

std::string main_setting(const task::TaskSpec& spec, const char* name) {
  const auto& settings = spec.main_client().settings;
  const auto found = settings.find(name);
  return found != settings.end() && found->is_string() ? found->get<std::string>() : "";
}

bool trains(const task::TaskSpec& spec) {
  return spec.family() != task::Family::kAlignment && main_setting(spec, "mode") != "predict";
}

/// All pages of tasks in this folded state, the latest created first.
Result<std::vector<TaskSummary>> all_in(Store& store, const std::string& state) {
  std::vector<TaskSummary> all;
  for (std::int64_t number = 1;; ++number) {
    PAI_ASSIGN(const auto page, store.list_tasks({.limit = kPage, .page = number, .state = state}));
    if (page.items.empty()) return all;
    all.insert(all.end(), page.items.begin(), page.items.end());
  }
}

/// What predictions that did not end want. An error when one of them can't be read: it may want any model.
Result<std::set<std::string>> models_in_use(Store& store) {
  std::set<std::string> names;
  for (const char* state : {"Creating", "Created", "Running"}) {
    PAI_ASSIGN(const auto tasks, all_in(store, state));
    for (const auto& task : tasks) {
      PAI_ASSIGN(const auto stored, store.find(task.name));
      if (!stored) continue;  // it was deleted meanwhile
      if (!stored->record.spec) return Error(ErrorCode::kInternal, "the document of task '" + task.name + "' cannot be read");
      if (const auto model = main_setting(*stored->record.spec, "model_task"); !model.empty()) names.insert(model);
    }
  }
  return names;
}

/// Whether the rules, or somebody's use of its model, keep the task (null: unreadable). Looked at anew for each: a prediction may have come
/// meanwhile.
Result<bool> stays(Store& store, const RetentionRules& rules, const task::TaskSpec* spec, task::TaskState state) {
  if (spec == nullptr) return Error(ErrorCode::kInternal, "its document cannot be read");
  if (!trains(*spec)) return false;
  PAI_ASSIGN(const auto used, models_in_use(store));
  return is_kept(rules, *spec, state, used);
}

audit::Entry line(const std::string& task, const Status& outcome) {
  return {.who = "retention",
          .credential = "configuration",
          .from = "this machine",
          .method = "POST",
          .path = "/deleteTask",
          .task = task,
          .decision = outcome.ok() ? "done" : "failed",
          .code = outcome.ok() ? 200 : http_status_of(outcome.error().code()),
          .reason = outcome.ok() ? "" : outcome.error().describe(),
          .parameters = "",
          .body_sha256 = "",
          .trace_id = log::current_trace().id_text()};
}

}  // namespace

std::vector<TaskSummary> tasks_due(const RetentionRules& rules, const std::vector<TaskSummary>& ended, double now) {
  std::vector<TaskSummary> due;
  for (std::size_t i = 0; i < ended.size(); ++i) {
    if (!task::is_terminal(ended[i].state)) continue;
    const double end = std::max(ended[i].ended_at, ended[i].created_at);
    const bool old = rules.ended_days > 0 && now - end > rules.ended_days * kDay;
    const bool many = rules.tasks_max > 0 && i >= static_cast<std::size_t>(rules.tasks_max);
    if (old || many) due.push_back(ended[i]);
  }
  return due;
}

bool is_kept(const RetentionRules& rules, const task::TaskSpec& spec, task::TaskState state, const std::set<std::string>& models_in_use) {
  if (!trains(spec)) return false;
  return models_in_use.contains(spec.name) || (state == task::TaskState::kFinished && !rules.models);
}

Retention::Retention(Lifecycle& lifecycle, audit::Log& audit, RetentionRules rules)
    : lifecycle_(lifecycle), audit_(audit), rules_(rules) {
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
  return stopping_ || lifecycle_.stopping();
}

void Retention::run() {
  while (true) {
    (void)sweep();  // it has logged what it did
    std::unique_lock lock(mutex_);
    if (changed_.wait_for(lock, kInterval, [this] { return stopping_; })) return;
  }
}

std::vector<std::string> Retention::sweep() {
  auto& store = lifecycle_.store();
  std::vector<TaskSummary> ended;
  for (const char* state : {"Finished", "Failed", "Stopped"}) {  // Rejected is shown as Failed
    const auto some = all_in(store, state);
    if (!some.ok()) {
      log::warning("old tasks could not be looked for", {{"why", some.error().describe()}});
      return {};
    }
    ended.insert(ended.end(), some->begin(), some->end());
  }
  std::stable_sort(ended.begin(), ended.end(), [](const TaskSummary& a, const TaskSummary& b) { return a.ended_at > b.ended_at; });
  auto due = tasks_due(rules_, ended, unix_seconds());
  std::vector<std::string> deleted;
  if (due.empty()) return deleted;
  std::reverse(due.begin(), due.end());  // the oldest first, should the number at once not suffice
  for (const auto& task : due) {
    if (deleted.size() >= kAtOnce || stopping()) break;
    const auto stored = store.find(task.name);
    if (!stored.ok() || !stored->has_value()) continue;
    const log::TraceScope scope((*stored)->record.trace);
    const auto kept = stays(store, rules_, (*stored)->record.spec.get(), task.state);
    if (!kept.ok()) log::warning("old task is kept", {{"task", task.name}, {"why", kept.error().describe()}});
    if (!kept.ok() || *kept) continue;
    if (!audit_.ready().ok()) break;  // no change without its line
    const auto gone = delete_task(lifecycle_, task.name, {.only_ended_at = task.ended_at});
    const Status outcome = gone.ok() ? Status() : Status(gone.error());
    audit_.append(line(task.name, outcome));
    if (outcome.ok()) {
      deleted.push_back(task.name);
      log::info("old task was deleted", {{"task", task.name}, {"state", task::task_state_name(task.state)}});
    } else {
      log::warning("old task could not be deleted", {{"task", task.name}, {"why", outcome.error().describe()}});
    }
  }
  return deleted;
}

}  // namespace pai::master
