#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "client/runtime/context.h"
#include "client/runtime/rate.h"
#include "client/runtime/record_file.h"
#include "client/runtime/state_file.h"
#include "client/runtime/task_log.h"
#include "client/runtime/usage_meter.h"

namespace pai::client {

/// The reporter of a running client: state.json, the log, and what TaskQuery is told.
class TaskReporter final : public Reporter {
 public:
  using Clock = std::chrono::steady_clock;

  /// How often state.json is written at most, but for changes of phase. A training changes with every batch.
  static constexpr std::chrono::milliseconds kPace{100};
  static constexpr std::chrono::milliseconds kTrainingPace{1000};

  /// `initial` has run id and process; its state is Running, in phase "connect". Written at once.
  TaskReporter(const io::Root& folder, task::ClientReport initial, const TaskLog& log,
               std::chrono::milliseconds pace = kPace);

  /// `listener` is told of each phase as it begins, by the thread that begins it. Before the first.
  void on_phase(std::function<void(std::string_view name)> listener) { listener_ = std::move(listener); }

  /// What is asked, without a lock of this object, how much was exchanged, before each report is written; null before it goes.
  void follow_peers(std::function<std::vector<task::PeerUsage>()> source) { usage_.follow_peers(std::move(source)); }

  void phase(std::string_view name, std::uint64_t total, std::string_view unit) override;
  void set_total(std::uint64_t total) override;
  void advance(std::uint64_t by) override;
  void set_dataset(task::DatasetSummary dataset) override;
  void set_batches(std::uint64_t batches) override;
  Result<RecordBefore> start_record(std::vector<std::string> metrics, std::optional<std::uint64_t> keep_until) override;
  Status record(std::span<const double> row) override;
  void note(log::Level level, std::string_view event, log::Fields fields) override;

  /// The report as it would be written now.
  task::ClientReport snapshot();
  /// The last rows of the test record, at most `kRowsHeld`.
  std::vector<std::vector<double>> record_rows();
  /// Grows with all work of all phases.
  const std::atomic<std::uint64_t>& work() const { return work_; }
  /// Ends the last phase and writes the final report durably.
  Status finish(task::ClientState state, const std::string& reason, std::optional<int> blames);

 private:
  task::ClientReport snapshot_to_write();
  void sync_record();
  void log_phase_end(Clock::time_point now);
  void log_progress_now_and_then(Clock::time_point now);

  static constexpr std::uint64_t kNoBatches = ~std::uint64_t{0};
  static constexpr std::size_t kRowsHeld = 1000;

  const TaskLog& log_;
  const io::Root& folder_;
  UsageMeter usage_;
  std::function<void(std::string_view)> listener_;
  std::atomic<std::uint64_t> work_{0};
  std::atomic<std::uint64_t> done_{0};
  std::atomic<std::uint64_t> batches_{kNoBatches};
  std::mutex mutex_;
  task::ClientReport report_;
  Clock::time_point phase_began_;
  Clock::time_point progress_logged_;
  Rate rate_;
  std::shared_ptr<RecordFile> record_;
  std::deque<std::vector<double>> rows_;  // the last ones
  bool record_dirty_ = false;             // written, but perhaps not on the disk
  StateFile file_;  // last: its thread uses the rest
};

}  // namespace pai::client
