#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "client/runtime/context.h"
#include "client/runtime/rate.h"
#include "client/runtime/state_file.h"
#include "client/runtime/task_log.h"

namespace pai::client {

/// The reporter of a running client: state.json, the log, and what TaskQuery is told.
class TaskReporter final : public Reporter {
 public:
  using Clock = std::chrono::steady_clock;

  /// `initial` has run id and process; its state is Running, in phase "connect". Written at once.
  TaskReporter(const io::Root& folder, task::ClientReport initial, const TaskLog& log);

  void phase(std::string_view name, std::uint64_t total, std::string_view unit) override;
  void set_total(std::uint64_t total) override;
  void advance(std::uint64_t by) override;
  void set_dataset(task::DatasetSummary dataset) override;

  /// The report as it would be written now.
  task::ClientReport snapshot();
  /// Grows with all work of all phases.
  const std::atomic<std::uint64_t>& work() const { return work_; }
  /// Ends the last phase and writes the final report durably.
  Status finish(task::ClientState state, const std::string& reason, std::optional<int> blames);

 private:
  void log_phase_end(Clock::time_point now);
  void log_progress_now_and_then(Clock::time_point now);

  const TaskLog& log_;
  std::atomic<std::uint64_t> work_{0};
  std::atomic<std::uint64_t> done_{0};
  std::mutex mutex_;
  task::ClientReport report_;
  Clock::time_point phase_began_;
  Clock::time_point progress_logged_;
  Rate rate_;
  StateFile file_;  // last: its thread uses the rest
};

}  // namespace pai::client
