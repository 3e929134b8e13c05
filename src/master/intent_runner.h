#pragma once

#include <condition_variable>
#include <map>
#include <mutex>
#include <string>
#include <thread>

#include "master/lifecycle.h"

namespace pai::master {

/// Tells nodes what they could not be told when it was decided (stop, delete, forget), until they confirm. A thread of
/// its own; what is not confirmed is in the store, so that a restart of the master goes on with it.
class IntentRunner {
 public:
  /// `lifecycle` outlives it.
  explicit IntentRunner(Lifecycle& lifecycle);
  ~IntentRunner();
  IntentRunner(const IntentRunner&) = delete;
  IntentRunner& operator=(const IntentRunner&) = delete;

  /// Looks at the store anew, soon.
  void kick();
  void stop();

 private:
  using Clock = std::chrono::steady_clock;
  struct Turn {
    Clock::time_point due;
    std::chrono::milliseconds backoff{0};
  };

  void run();
  Clock::time_point round();
  bool carry_out(const std::string& task_name, const std::vector<Intent>& intents);

  Lifecycle& lifecycle_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool kicked_ = true;
  bool stopping_ = false;
  std::map<std::string, Turn> turns_;  ///< by task name; the thread's own
  std::thread thread_;
};

}  // namespace pai::master
