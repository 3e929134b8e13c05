#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <string>
#include <thread>

#include "common/base/result.h"
#include "common/io/files.h"
#include "common/task/reports.h"

namespace pai::client {

/// Keeps `state.json` up to date from a thread of its own, so that no role waits for a disk: at once after `touch(true)`,
/// else at most once in `pace`.
class StateFile {
 public:
  /// `snapshot` gives the report to write; it is called from the thread. `warn` gets the first write that fails.
  StateFile(const io::Root& folder, std::chrono::milliseconds pace, std::function<task::ClientReport()> snapshot,
            std::function<void(const Error&)> warn);
  ~StateFile();

  /// Something changed. Without `at_once` it costs a look at an atomic, but for the first time since the last write.
  void touch(bool at_once);
  /// Stops the thread and writes the last report durably.
  Status finish(const task::ClientReport& report);

 private:
  void run();
  void stop();

  const io::Root& folder_;
  const std::chrono::milliseconds pace_;
  const std::function<task::ClientReport()> snapshot_;
  const std::function<void(const Error&)> warn_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool stopped_ = false;
  std::atomic<bool> dirty_{false};  // set under the mutex, so that the thread cannot miss it
  bool urgent_ = false;
  std::thread thread_;
};

inline constexpr const char* kStateFileName = "state.json";

}  // namespace pai::client
