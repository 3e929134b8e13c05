#include "common/http/workers.h"

#include <system_error>
#include <utility>

namespace pai::http {

bool Workers::submit(std::function<void()> job) {
  const std::lock_guard lock(mutex_);
  // Jobs that an idle thread is about to take do not wait in this sense.
  if (stopped_ || waiting_.size() >= waiting_max_ + idle_) return false;
  if (waiting_.size() >= idle_ && threads_.size() < threads_max_) {
    try {
      threads_.emplace_back([this] { work(); });
    } catch (const std::system_error&) {
      if (threads_.empty()) return false;  // else the others get to it
    }
  }
  waiting_.push_back(std::move(job));
  ready_.notify_one();
  return true;
}

void Workers::work() {
  std::unique_lock lock(mutex_);
  for (;;) {
    ++idle_;
    ready_.wait(lock, [this] { return stopped_ || !waiting_.empty(); });
    --idle_;
    if (stopped_) return;
    auto job = std::move(waiting_.front());
    waiting_.pop_front();
    lock.unlock();
    job();
    job = nullptr;  // what the job holds is let go before the lock is taken again
    lock.lock();
  }
}

void Workers::stop() {
  std::deque<std::function<void()>> dropped;
  std::vector<std::thread> threads;
  {
    const std::lock_guard lock(mutex_);
    stopped_ = true;
    dropped.swap(waiting_);
    threads.swap(threads_);
  }
  ready_.notify_all();
  for (auto& thread : threads) thread.join();
}

}  // namespace pai::http
