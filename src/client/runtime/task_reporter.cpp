#include "client/runtime/task_reporter.h"

#include <utility>

namespace pai::client {

namespace {
constexpr auto kLogPace = std::chrono::seconds(10);

double seconds_between(TaskReporter::Clock::time_point from, TaskReporter::Clock::time_point to) {
  return std::chrono::duration<double>(to - from).count();
}
}  // namespace

TaskReporter::TaskReporter(const io::Root& folder, task::ClientReport initial, const TaskLog& log)
    : log_(log),
      report_(std::move(initial)),
      phase_began_(Clock::now()),
      progress_logged_(phase_began_),
      rate_(phase_began_),
      file_(folder, [this] { return snapshot(); },
            [this](const Error& error) { log_.warning("state.json not written", {{"reason", error.describe()}}); }) {
  file_.touch(true);
}

void TaskReporter::phase(std::string_view name, std::uint64_t total, std::string_view unit) {
  {
    const std::lock_guard lock(mutex_);
    const auto now = Clock::now();
    log_phase_end(now);
    done_ = 0;
    report_.progress = task::Progress{std::string(name), 0, total, std::string(unit), std::nullopt};
    phase_began_ = progress_logged_ = now;
    rate_ = Rate(now);
    log::Fields fields{{"phase", name}};
    if (total != 0) fields.emplace_back("total", total);
    if (!unit.empty()) fields.emplace_back("unit", unit);
    log_.info("phase began", std::move(fields));
  }
  ++work_;
  file_.touch(true);
}

void TaskReporter::set_total(std::uint64_t total) {
  {
    const std::lock_guard lock(mutex_);
    report_.progress.total = total;
  }
  file_.touch(false);
}

void TaskReporter::advance(std::uint64_t by) {
  done_ += by;
  work_ += by;
  file_.touch(false);
}

void TaskReporter::set_dataset(task::DatasetSummary dataset) {
  const std::lock_guard lock(mutex_);
  report_.dataset = std::move(dataset);
}

task::ClientReport TaskReporter::snapshot() {
  const std::lock_guard lock(mutex_);
  const auto now = Clock::now();
  auto& progress = report_.progress;
  progress.done = done_;
  rate_.sample(now, progress.done);
  progress.seconds_left = rate_.seconds_left(now, progress.done, progress.total);
  log_progress_now_and_then(now);
  auto report = report_;
  report.dataset.reset();  // part of the final report only
  return report;
}

void TaskReporter::log_progress_now_and_then(Clock::time_point now) {
  if (now - progress_logged_ < kLogPace) return;
  progress_logged_ = now;
  const auto& progress = report_.progress;
  log::Fields fields{{"phase", progress.phase}, {"done", progress.done}};
  if (progress.total != 0) fields.emplace_back("total", progress.total);
  if (!progress.unit.empty()) fields.emplace_back("unit", progress.unit);
  if (progress.seconds_left) fields.emplace_back("seconds_left", *progress.seconds_left);
  log_.info("phase went on", std::move(fields));
}

void TaskReporter::log_phase_end(Clock::time_point now) {
  const auto& progress = report_.progress;
  log::Fields fields{{"phase", progress.phase}};
  if (!progress.unit.empty()) {
    fields.emplace_back("done", done_.load());
    fields.emplace_back("unit", progress.unit);
  }
  fields.emplace_back("seconds", seconds_between(phase_began_, now));
  log_.info("phase ended", std::move(fields));
}

Status TaskReporter::finish(task::ClientState state, const std::string& reason, std::optional<int> blames) {
  task::ClientReport report;
  {
    const std::lock_guard lock(mutex_);
    log_phase_end(Clock::now());
    report_.state = state;
    report_.reason = reason;
    report_.blames = blames;
    report_.progress.done = done_;
    report_.progress.seconds_left.reset();
    if (state != task::ClientState::kFinished) report_.dataset.reset();
    report = report_;
  }
  return file_.finish(report);
}

}  // namespace pai::client
