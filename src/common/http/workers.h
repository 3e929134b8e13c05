#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace pai::http {

/// Threads that run handlers. They are started when first needed, so that an idle daemon has none.
class Workers {
 public:
  Workers(std::size_t threads_max, std::size_t waiting_max) : threads_max_(threads_max), waiting_max_(waiting_max) {}
  Workers(const Workers&) = delete;
  Workers& operator=(const Workers&) = delete;
  ~Workers() { stop(); }

  /// False when `waiting_max` jobs wait already, no thread could be started, or the workers were stopped.
  bool submit(std::function<void()> job);
  /// Drops what waits, lets running jobs finish. Not to be called from a job.
  void stop();

 private:
  void work();

  const std::size_t threads_max_;
  const std::size_t waiting_max_;
  std::mutex mutex_;
  std::condition_variable ready_;
  std::deque<std::function<void()>> waiting_;
  std::vector<std::thread> threads_;
  std::size_t idle_ = 0;
  bool stopped_ = false;
};

}  // namespace pai::http
