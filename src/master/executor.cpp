#include "master/executor.h"

namespace pai::master {

Executor::Executor(std::size_t threads) {
  threads_.reserve(threads);
  for (std::size_t i = 0; i < threads; ++i) threads_.emplace_back([this] { run(); });
}

Executor::~Executor() { stop(); }

void Executor::post_at(Clock::time_point time, std::function<void()> work) {
  {
    const std::lock_guard lock(mutex_);
    if (stopping_) return;
    waiting_.emplace(time, Work{std::move(work), log::current_trace()});
  }
  changed_.notify_one();
}

void Executor::stop() {
  std::multimap<Clock::time_point, Work> dropped;
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    dropped.swap(waiting_);
  }
  changed_.notify_all();
  for (auto& thread : threads_) {
    if (thread.joinable()) thread.join();
  }
}

void Executor::run() {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    if (waiting_.empty()) {
      changed_.wait(lock);
      continue;
    }
    const auto due = waiting_.begin()->first;
    if (due > Clock::now()) {
      changed_.wait_until(lock, due);
      continue;
    }
    auto node = waiting_.extract(waiting_.begin());
    if (!waiting_.empty()) changed_.notify_one();
    lock.unlock();
    {
      const log::TraceScope scope(node.mapped().trace);
      node.mapped().run();
      node.mapped().run = nullptr;  // what the work held is let go outside the lock
    }
    lock.lock();
  }
}

}  // namespace pai::master
