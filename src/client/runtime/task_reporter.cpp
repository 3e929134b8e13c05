#include "client/runtime/task_reporter.h"

#include <algorithm>
#include <utility>

#include "common/base/check.h"
#include "common/task/test_record.h"

namespace pai::client {

namespace {
constexpr auto kLogPace = std::chrono::seconds(10);
constexpr std::size_t kLossColumn = 2;  // see task::record_columns

double seconds_between(TaskReporter::Clock::time_point from, TaskReporter::Clock::time_point to) {
  return std::chrono::duration<double>(to - from).count();
}
}  // namespace

TaskReporter::TaskReporter(const io::Root& folder, task::ClientReport initial, const TaskLog& log,
                           std::chrono::milliseconds pace)
    : log_(log),
      folder_(folder),
      usage_(initial.progress.phase, Clock::now()),
      report_(std::move(initial)),
      phase_began_(Clock::now()),
      progress_logged_(phase_began_),
      rate_(phase_began_),
      file_(folder, pace, [this] { return snapshot_to_write(); },
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
  usage_.phase(name, Clock::now());
  if (listener_) listener_(name);
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

void TaskReporter::set_batches(std::uint64_t batches) {
  batches_ = batches;
  file_.touch(false);
}

Result<RecordBefore> TaskReporter::start_record(std::vector<std::string> metrics, std::optional<std::uint64_t> keep_until) {
  task::RecordSummary summary;
  summary.columns = task::record_columns(metrics);
  PAI_ASSIGN(auto file, RecordFile::start(folder_, summary.columns, keep_until));
  summary.rows = file.kept().size();
  if (!file.kept().empty()) summary.latest = file.kept().back();
  RecordBefore before;
  if (!summary.latest.empty()) before.seconds = summary.latest.front();
  for (const auto& row : file.kept()) before.losses.push_back(row[kLossColumn]);
  {
    const std::lock_guard lock(mutex_);
    const auto skipped = summary.rows - std::min<std::size_t>(summary.rows, kRowsHeld);
    rows_.assign(file.kept().begin() + static_cast<std::ptrdiff_t>(skipped), file.kept().end());
    record_ = std::make_shared<RecordFile>(std::move(file));
    report_.record = std::move(summary);
  }
  file_.touch(false);
  return before;
}

Status TaskReporter::record(std::span<const double> row) {
  PAI_CHECK(record_ != nullptr && row.size() == report_.record->columns.size(), "a row of a record that was started");
  PAI_TRY(record_->append(row));
  {
    const std::lock_guard lock(mutex_);
    auto& summary = *report_.record;
    ++summary.rows;
    summary.latest.assign(row.begin(), row.end());
    rows_.emplace_back(row.begin(), row.end());
    if (rows_.size() > kRowsHeld) rows_.pop_front();
    record_dirty_ = true;
  }
  file_.touch(false);
  return {};
}

void TaskReporter::note(log::Level level, std::string_view event, log::Fields fields) {
  log_.write(level, event, std::move(fields));
}

std::vector<std::vector<double>> TaskReporter::record_rows() {
  const std::lock_guard lock(mutex_);
  return {rows_.begin(), rows_.end()};
}

void TaskReporter::sync_record() {
  std::shared_ptr<RecordFile> record;
  {
    const std::lock_guard lock(mutex_);
    if (!std::exchange(record_dirty_, false)) return;
    record = record_;
  }
  if (const auto synced = record->sync(); !synced.ok()) {
    log_.warning("record.csv not written", {{"reason", synced.error().describe()}});
  }
}

/// Called by the file's thread: the disk is waited for there, and not by the training.
task::ClientReport TaskReporter::snapshot_to_write() {
  sync_record();
  auto report = snapshot();
  report.usage = usage_.read(Clock::now());
  return report;
}

task::ClientReport TaskReporter::snapshot() {
  const std::lock_guard lock(mutex_);
  const auto now = Clock::now();
  auto& progress = report_.progress;
  progress.done = done_;
  rate_.sample(now, progress.done);
  progress.seconds_left = rate_.seconds_left(now, progress.done, progress.total);
  progress.per_second = rate_.per_second();
  if (const auto batches = batches_.load(); batches != kNoBatches) report_.n_batches = batches;
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
  if (progress.per_second) fields.emplace_back("per_second", *progress.per_second);
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
  sync_record();
  task::ClientReport report;
  {
    const std::lock_guard lock(mutex_);
    log_phase_end(Clock::now());
    report_.state = state;
    report_.reason = reason;
    report_.blames = blames;
    report_.progress.done = done_;
    report_.progress.seconds_left.reset();
    report_.progress.per_second.reset();
    if (const auto batches = batches_.load(); batches != kNoBatches) report_.n_batches = batches;
    if (state != task::ClientState::kFinished) report_.dataset.reset();
    report = report_;
  }
  report.usage = usage_.read(Clock::now());
  return file_.finish(report);
}

}  // namespace pai::client
