#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "common/log/trace.h"

namespace pai::master {

/// A few threads that run what is posted, in order of its time, within the trace of the thread that posted it. Work may block; it
/// does not throw.
class Executor {
 public:
  using Clock = std::chrono::steady_clock;

  explicit Executor(std::size_t threads);
  ~Executor();  ///< as `stop`
  Executor(const Executor&) = delete;
  Executor& operator=(const Executor&) = delete;

  void post(std::function<void()> work) { post_at(Clock::now(), std::move(work)); }
  /// Not before `time`.
  void post_at(Clock::time_point time, std::function<void()> work);
  void post_after(std::chrono::milliseconds delay, std::function<void()> work) {
    post_at(Clock::now() + delay, std::move(work));
  }

  /// Lets what runs end and drops what waits; later posts are dropped. Not to be called from posted work.
  void stop();

 private:
  void run();

  std::mutex mutex_;
  std::condition_variable changed_;
  struct Work {
    std::function<void()> run;
    log::Trace trace;
  };
  std::multimap<Clock::time_point, Work> waiting_;
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace pai::master
