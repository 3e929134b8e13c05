#include "client/channel/event_loop.h"

#include <algorithm>

#include <grpcpp/alarm.h>
#include <grpcpp/completion_queue.h>

#if defined(__SANITIZE_THREAD__)
#include <sanitizer/tsan_interface.h>
#endif

namespace pai::client {

namespace {

using namespace std::chrono_literals;

/// For so long nobody need serve between two waits, before the keeper does: it would be in the way of the
/// next.
constexpr auto kRest = 5ms;

gpr_timespec transport_time(EventLoop::Clock::time_point time) {
  if (time == EventLoop::Clock::time_point::max()) return gpr_inf_future(GPR_CLOCK_MONOTONIC);
  const auto left = std::chrono::nanoseconds(time - EventLoop::Clock::now()).count();
  return gpr_time_add(gpr_now(GPR_CLOCK_MONOTONIC),
                      gpr_time_from_nanos(std::max<std::int64_t>(left, 0), GPR_TIMESPAN));
}

#if defined(__SANITIZE_THREAD__)
void happens_before(void* event) { __tsan_release(event); }
void happens_after(void* event) { __tsan_acquire(event); }
#else
void happens_before(void*) {}
void happens_after(void*) {}
#endif

}  // namespace

void* EventLoop::Event::tag() {
  happens_before(this);
  return this;
}

/// An event of ours, to get a thread out of the queue.
struct EventLoop::Kick final : Event {
  grpc::Alarm alarm;
  void done(bool) override { delete this; }
};

EventLoop::EventLoop() = default;

EventLoop::~EventLoop() {
  close();
}

void EventLoop::adopt(std::unique_ptr<grpc::CompletionQueue> queue) {
  queue_ = std::move(queue);
}

/// Serves one event, or sleeps until it is woken; false at the deadline.
bool EventLoop::step(std::unique_lock<std::mutex>& lock, Waiter& waiter, Clock::time_point deadline) {
  if (serving_ == nullptr && queue_) {
    serving_ = &waiter;
    lock.unlock();
    const bool served = serve(deadline);
    lock.lock();
    serving_ = nullptr;
    return served;
  }
  waiters_.push_back(&waiter);
  auto status = std::cv_status::no_timeout;
  if (deadline == Clock::time_point::max()) {
    waiter.woken.wait(lock);
  } else {
    status = waiter.woken.wait_until(lock, deadline);
  }
  waiters_.erase(std::find(waiters_.begin(), waiters_.end(), &waiter));
  return status == std::cv_status::no_timeout;
}

bool EventLoop::serve(Clock::time_point deadline) {
  void* tag = nullptr;
  bool ok = false;
  if (queue_->AsyncNext(&tag, &ok, transport_time(deadline)) != grpc::CompletionQueue::GOT_EVENT)
    return false;
  auto* const event = static_cast<Event*>(tag);
  happens_after(event);
  event->done(ok);
  return true;
}

/// Somebody waits no more: another must serve.
void EventLoop::leave() {
  if (serving_ != nullptr) return;
  ++turns_;
  if (!waiters_.empty()) {
    waiters_.front()->woken.notify_one();
  } else if (!keeper_looks_soon_ || bulk_) {
    keeper_.woken.notify_one();
  }
}

void EventLoop::changed(const void* topic) {
  for (auto* waiter : waiters_) {
    if (waiter->topic == topic) waiter->woken.notify_one();
  }
  if (serving_ != nullptr && serving_->topic == topic && serving_->thread != std::this_thread::get_id())
    kick();
}

void EventLoop::remind() {
  ++turns_;
  if (!keeper_looks_soon_) keeper_.woken.notify_one();
}

bool EventLoop::keep(Clock::time_point until, const std::function<void()>& idle) {
  std::unique_lock lock(mutex_);
  keeper_.thread = std::this_thread::get_id();
  while (!stopped_) {
    const auto now = Clock::now();
    if (now >= until) return true;
    const bool rested = turns_ == turns_seen_;
    if (serving_ == nullptr && waiters_.empty() && queue_ && (rested || bulk_)) {
      serving_ = &keeper_;
      bool served = true;
      // Who sleeps will serve for itself: the next message then comes to it directly.
      while (served && !stopped_ && (waiters_.empty() || bulk_)) {
        lock.unlock();
        served = serve(until);
        lock.lock();
      }
      serving_ = nullptr;
      if (!waiters_.empty()) leave();
    } else if (rested && serving_ != nullptr) {
      lock.unlock();
      idle();
      lock.lock();
      if (turns_ == turns_seen_ && !stopped_) keeper_.woken.wait_until(lock, until);
    } else {
      turns_seen_ = turns_;
      keeper_looks_soon_ = true;
      keeper_.woken.wait_until(lock, std::min<Clock::time_point>(until, now + kRest));
      keeper_looks_soon_ = false;
    }
  }
  return false;
}

void EventLoop::stop() {
  const std::lock_guard lock(mutex_);
  stopped_ = true;
  keeper_.woken.notify_one();
  if (serving_ == &keeper_) kick();
}

void EventLoop::kick() {
  auto* kick = new Kick;
  kick->alarm.Set(queue_.get(), gpr_now(GPR_CLOCK_MONOTONIC), kick->tag());
}

void EventLoop::close() {
  if (!queue_) return;
  queue_->Shutdown();
  while (serve(Clock::time_point::max())) {
  }
  queue_.reset();
}

}  // namespace pai::client
